/**
 * Every colour of the land and of what stands on it. A pixel is a number into this list; what it looks like
 * depends on the hour and on what is lit.
 *
 * @typedef {import('./color.js').Lch} Lch
 * @typedef {import('./color.js').Rgb} Rgb
 * @typedef {import('./light.js').Light} Light
 */

import { fromLch, ramp } from './color.js';
import { TABLES } from './light.js';

/** Phases of water: the one that is lit moves on, and so the water does. */
export const PHASES = 16;

/** @type {{rgb: Rgb, glows: boolean}[]} */
const list = [{ rgb: [0, 0, 0], glows: false }];

/** @param {Rgb[]} colors @returns {number} the first one's number */
function add(colors, glows = false) {
  const first = list.length;
  for (const rgb of colors) list.push({ rgb, glows });
  return first;
}

/** @param {Lch} base @param {number[]} steps */
const shades = (base, steps) => add(ramp(base, steps));

/** Each kind of water, from the open sea and its glints to the shore: as it lies, and where it is lit. @type {[Lch, Lch][]} */
const WATERS = [
  [[0.53, 0.092, 242], [0.575, 0.09, 239]],
  [[0.53, 0.092, 242], [0.86, 0.05, 225]],
  [[0.575, 0.088, 237], [0.63, 0.085, 233]],
  [[0.615, 0.09, 231], [0.68, 0.085, 227]],
  [[0.68, 0.09, 219], [0.75, 0.08, 215]],
  [[0.755, 0.08, 206], [0.95, 0.025, 200]],
];
const SWASH = fromLch([0.85, 0.055, 203]); // behind a wave's crest
/** The first of each kind's phases; the one after the last never moves. */
export const [OUT_AT_SEA, GLINT, DEEP, MID, SHALLOW, FOAM] = WATERS.map(([still]) => add(Array.from({ length: PHASES + 1 }, () => fromLch(still))));
export const WATER_END = list.length;

/** Of the ground: how much lighter than the middle one each of five shades is. */
export const FIVE = [-0.13, -0.065, 0, 0.05, 0.1];

export const SAND_INK = shades([0.85, 0.062, 85], [-0.1, -0.05, 0, 0.03, 0.06]);
/** Five shades for each kind of district. */
export const GRASS_INK = [
  shades([0.71, 0.125, 131], FIVE), // meadow
  shades([0.66, 0.105, 146], FIVE), // pines
  shades([0.73, 0.115, 118], FIVE), // birches
  shades([0.69, 0.1, 138], FIVE), // heath
  shades([0.75, 0.13, 126], FIVE), // orchard
];
export const PATH_INK = shades([0.75, 0.068, 78], [-0.1, -0.05, 0, 0.04, 0.08]);
export const PLAZA_INK = shades([0.79, 0.05, 80], [-0.1, -0.05, 0, 0.03, 0.07]);
export const EARTH_INK = shades([0.56, 0.07, 62], [-0.16, -0.1, -0.04, 0.02, 0.08]);
export const STONE_INK = shades([0.68, 0.015, 250], [-0.24, -0.14, -0.05, 0.06, 0.15]);
export const WOOD_INK = shades([0.56, 0.075, 60], [-0.2, -0.1, 0, 0.09, 0.18]);
/** Five shades of leaves for each kind of district. */
export const LEAF_INK = [
  shades([0.58, 0.125, 138], [-0.18, -0.09, 0, 0.08, 0.16]),
  shades([0.48, 0.09, 158], [-0.15, -0.08, 0, 0.07, 0.14]),
  shades([0.68, 0.12, 116], [-0.18, -0.09, 0, 0.07, 0.13]),
  shades([0.58, 0.11, 145], [-0.18, -0.09, 0, 0.08, 0.15]),
  shades([0.62, 0.14, 130], [-0.18, -0.09, 0, 0.08, 0.15]),
];
export const BLOSSOM_INK = shades([0.8, 0.1, 5], [-0.16, -0.08, 0, 0.06, 0.11]);
export const BARK_INK = shades([0.42, 0.05, 55], [-0.12, -0.04, 0.05]);
export const BIRCH_INK = shades([0.88, 0.012, 90], [-0.2, -0.08, 0.04]);
export const WHITE_INK = shades([0.93, 0.008, 90], [-0.28, -0.14, -0.05, 0.02]);
export const RED_INK = shades([0.58, 0.19, 27], [-0.16, -0.08, 0, 0.1]);
export const BLUE_INK = shades([0.58, 0.12, 255], [-0.16, -0.08, 0, 0.1]);
export const YELLOW_INK = shades([0.83, 0.15, 88], [-0.2, -0.1, 0, 0.08]);
export const TENT_INK = shades([0.74, 0.1, 65], [-0.26, -0.13, -0.04, 0.07]);
/** Petals: light and dark of six. */
export const PETAL_INK = [95, 20, 350, 300, 260, 60].map((hue) => shades([0.82, 0.12, hue], [-0.06, 0.06]));
/** What is in the middle of flowers. */
export const HEART_INK = add([list[YELLOW_INK + 2].rgb]);
export const INK = shades([0.26, 0.03, 280], [0, 0.08]);
export const FIRE_INK = add([[0.86, 0.26, 0.12], [0.98, 0.52, 0.14], [1, 0.78, 0.28], [1, 0.96, 0.68]], true);
export const LAMP_INK = add([[1, 0.86, 0.5], [1, 0.97, 0.8]], true);
/** A window: lit when it is dark. */
export const WINDOW_INK = add([[0.4, 0.5, 0.62]]);
/** Windows of houses: of who is awake, after dark and by day, who dozes, and who is away; and the walls around them. */
export const AWAKE_INK = add([[0.95, 0.87, 0.62]]);
export const LIT_INK = add([[1, 0.81, 0.32]], true);
export const DIM_INK = add([[0.72, 0.53, 0.3]], true);
export const PANE_INK = shades([0.36, 0.03, 260], [0, 0.07]);
export const PLASTER_INK = [
  shades([0.9, 0.025, 85], [-0.22, -0.12, 0, 0.04]),
  shades([0.82, 0.045, 70], [-0.2, -0.11, 0, 0.05]),
  shades([0.78, 0.02, 240], [-0.2, -0.11, 0, 0.05]),
];

if (list.length > 256) throw new Error('a pixel is one byte');

const LIT_WATERS = [...WATERS.map(([, lit]) => fromLch(lit)), SWASH];

/** The list under a light, once for each level of lamps and what else there is in `light.js`; water moves. */
export class Palette {
  /** `TABLES` times 256 packed colours. */
  colors = new Uint32Array(TABLES * 256);
  light;
  /** Whether lamps make a difference. */
  isDark;
  /** Grows whenever water moves. */
  flows = 0;
  /** @type {number[]} */
  moved = [];
  #slow = -1;
  #wave = -1;
  /** Which inks are lit. @type {number[]} */
  #lights = [];
  #still;
  /** What is lit of each kind of water, and the swash, for each level. @type {number[][]} */
  #lit;
  #hasSea;

  /**
   * @param {Light} light
   * @param {boolean} hasSea false: there is nothing where water would be
   * @param {Map<number, Rgb>} [others] inks that look otherwise in this season
   */
  constructor(light, hasSea, others) {
    this.#hasSea = hasSea;
    this.light = light;
    this.isDark = light.darkness > 0.1;
    const levels = Array.from({ length: TABLES }, (_, level) => level);
    for (const level of levels) {
      list.forEach(({ rgb, glows }, i) => { this.colors[level * 256 + i] = light.on(others?.get(i) ?? rgb, level, glows); });
      if (light.darkness > 0.35) this.colors[level * 256 + WINDOW_INK] = light.on([1, 0.84, 0.46], level, true);
      if (!hasSea) this.colors.fill(0, level * 256 + OUT_AT_SEA, level * 256 + WATER_END);
    }
    this.#still = this.colors.slice();
    this.#lit = levels.map((level) => LIT_WATERS.map((lit) => light.on(lit, level)));
  }

  /** Moves the water; `moved` then tells which inks look otherwise than before. @param {number} time in seconds */
  flow(time) {
    if (!this.#hasSea) return;
    const slow = Math.floor(time * 3) % PHASES;
    const wave = PHASES - 1 - (Math.floor(time * 5) % PHASES);
    if (slow === this.#slow && wave === this.#wave) return;
    const dark = this.#lights;
    const lit = this.#lights = [OUT_AT_SEA + slow, GLINT + slow, DEEP + slow, MID + slow, SHALLOW + slow, FOAM + wave, FOAM + ((wave + 1) % PHASES)];
    this.moved = [...new Set([...lit, ...dark])].filter((ink) => lit.indexOf(ink) !== dark.indexOf(ink));
    this.#slow = slow;
    this.#wave = wave;
    this.flows += 1;
    this.#lit.forEach((colors, level) => {
      const at = level * 256;
      for (const ink of this.moved) this.colors[at + ink] = this.#still[at + ink];
      lit.forEach((ink, i) => { this.colors[at + ink] = colors[i]; });
    });
  }
}
