/**
 * What time of day makes of colours.
 *
 * @typedef {import('./color.js').Rgb} Rgb
 */

import { pack } from './color.js';

/** How brightly something is lit: from 0, by the sky alone, to 3, right beside a fire. */
export const LEVELS = 4;

/** How many shades of the sky the sea mirrors, and where those come among the levels; after them what lies in a long shadow,
 *  and the walls of houses: where nobody is awake, and around lit windows. */
export const BANDS = 6;
export const SHADED = LEVELS + BANDS;
export const ASLEEP = SHADED + 1;
export const HOMELY = ASLEEP + 1;
export const TABLES = HOMELY + 1;
const MIRRORING = 0.8; // of the sky's colour, at the most
const SHADY = 0.76; // of the light is left in a shadow
const WARM = 2; // as walls around lit windows are lit, but darker: the windows are brighter still
const WALLS = [0.24, 0.38]; // of the light is taken from them at night

/** @type {Rgb} */
const LAMP = [1.06, 0.88, 0.66];

/** The sky through the day: hour, and what it leaves of red, green and blue. @type {[number, Rgb][]} */
const SKY = [
  [0, [0.42, 0.48, 0.76]],
  [4.5, [0.42, 0.48, 0.76]],
  [6, [0.74, 0.64, 0.8]],
  [7.5, [1, 0.9, 0.84]],
  [9.5, [1, 1, 1]],
  [16.5, [1, 1, 1]],
  [18.5, [1.02, 0.88, 0.74]],
  [20, [0.78, 0.6, 0.72]],
  [21.5, [0.47, 0.5, 0.77]],
  [24, [0.42, 0.48, 0.76]],
];

/** What the sea mirrors of it: hour, colour, and how much of it. @type {[number, Rgb, number][]} */
const MIRRORED = [
  [0, [0.5, 0.6, 0.9], 0.3],
  [4.5, [0.5, 0.6, 0.9], 0.3],
  [5.75, [0.96, 0.55, 0.62], 0.9],
  [7, [1, 0.72, 0.6], 0.75],
  [8.5, [1, 0.9, 0.8], 0],
  [17, [1, 0.85, 0.6], 0],
  [18.75, [1, 0.64, 0.34], 0.9],
  [20, [1, 0.42, 0.5], 0.95],
  [21.25, [0.5, 0.42, 0.75], 0.5],
  [22.5, [0.5, 0.6, 0.9], 0.3],
  [24, [0.5, 0.6, 0.9], 0.3],
];

/** How long shadows are, by the hour that it begins, and to which side: twice as long as what casts them when the sun is low. */
const SHADOW_HOURS = [[0, 0], [5.5, -1.5], [7.25, -0.8], [9.25, 0], [16.75, 0.8], [18.25, 1.5], [20.25, 0]];

export class Light {
  /** @type {Rgb[]} */
  #tints;
  /** From 0 in daylight to 1 at night. */
  darkness;
  /** How long shadows are, and to which side; 0: as short as at noon. */
  slant;
  /** Whether the sea mirrors the sky. */
  mirrors;
  #sky;
  #mirroring;

  /**
   * @param {number} hour
   * @param {boolean} faded whether what is seen may be out of date
   */
  constructor(hour, faded) {
    const next = SKY.findIndex(([at]) => at > hour);
    const [from, before] = SKY[next - 1];
    const [to, after] = SKY[next];
    const part = (hour - from) / (to - from);
    const sky = /** @type {Rgb} */ (before.map((c, i) => c + (after[i] - c) * part));
    this.darkness = Math.min(1, Math.max(0, (0.95 - (sky[0] + sky[1]) / 2) / 0.5));
    this.#tints = Array.from({ length: LEVELS }, (_, level) => {
      const share = (level / (LEVELS - 1)) * Math.min(1, this.darkness * 1.2);
      return /** @type {Rgb} */ (sky.map((c, i) => c + (LAMP[i] - c) * share));
    });
    const later = MIRRORED.findIndex(([at]) => at > hour);
    const [start, one, much] = MIRRORED[later - 1];
    const [end, other, more] = MIRRORED[later];
    const way = (hour - start) / (end - start);
    this.#sky = /** @type {Rgb} */ (one.map((c, i) => c + (other[i] - c) * way));
    this.#mirroring = (much + (more - much) * way) * MIRRORING;
    this.mirrors = this.#mirroring > 0.02;
    this.slant = SHADOW_HOURS.findLast(([at]) => at <= hour)?.[1] ?? 0;
    this.hour = hour;
    this.faded = faded;
  }

  /**
   * @param {Rgb} color
   * @param {number} table a level of lamps; or, from `LEVELS` on, how much of the sky it mirrors; or `SHADED`
   * @param {boolean} glows whether it shines by itself
   */
  on([red, green, blue], table, glows = false) {
    const [r, g, b] = glows ? [1, 1, 1] : this.#tints[table < LEVELS ? table : table === HOMELY ? WARM : 0];
    const shade = glows || table < SHADED ? 1 : table === SHADED ? SHADY : 1 - WALLS[table - ASLEEP] * this.darkness;
    let lit = [red * r * shade, green * g * shade, blue * b * (table === HOMELY ? shade : (shade + 1) * 0.5)];
    if (table >= LEVELS && table < SHADED) {
      const share = (this.#mirroring * (table - LEVELS + 1)) / BANDS;
      lit = lit.map((c, i) => c + (this.#sky[i] * (0.62 + 0.38 * (1 - this.darkness)) - c) * share);
    }
    const grey = lit[0] * 0.3 + lit[1] * 0.55 + lit[2] * 0.15;
    return pack(/** @type {Rgb} */ (lit.map((c) => grey + (c - grey) * (this.faded ? 0.22 : 1))));
  }
}
