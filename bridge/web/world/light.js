/**
 * What time of day makes of colours.
 *
 * @typedef {import('./color.js').Rgb} Rgb
 */

import { pack } from './color.js';

/** How brightly something is lit: from 0, by the sky alone, to 3, right beside a fire. */
export const LEVELS = 4;

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

export class Light {
  /** @type {Rgb[]} */
  #tints;
  #saturation;
  /** From 0 in daylight to 1 at night. */
  darkness;

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
    this.#saturation = faded ? 0.22 : 1;
  }

  /**
   * @param {Rgb} color
   * @param {number} level
   * @param {boolean} glows whether it shines by itself
   */
  on([red, green, blue], level, glows = false) {
    const [r, g, b] = glows ? [1, 1, 1] : this.#tints[level];
    const lit = [red * r, green * g, blue * b];
    const grey = lit[0] * 0.3 + lit[1] * 0.55 + lit[2] * 0.15;
    return pack(/** @type {Rgb} */ (lit.map((c) => grey + (c - grey) * this.#saturation)));
  }
}
