/**
 * What the year makes of the land: by the date and the hemisphere. Nothing stands elsewhere for it; only colours are others.
 *
 * @typedef {import('./color.js').Lch} Lch
 * @typedef {import('./color.js').Rgb} Rgb
 * @typedef {'spring' | 'summer' | 'autumn' | 'winter'} Season
 */

import { fromLch, ramp } from './color.js';
import { BLOSSOM_INK, FIVE, GRASS_INK, HEART_INK, LEAF_INK, PATH_INK, PETAL_INK, PLAZA_INK, SAND_INK } from './inks.js';

/** @type {Season[]} */
const YEAR = ['winter', 'spring', 'summer', 'autumn'];
const SOUTH = /^(Australia|Antarctica)|^Africa\/(Jo|Map|Har|Win|Gab|Lus|Mas|Mba|Bla)|^America\/(Arg|Bue|Sao|Santiago|Punta|Mont(?!r|e[gr])|Asu|La_P|Lima|Cui|Campo)|^Pacific\/(Auc|Cha|Fij|Ton|Nou|Api|Rar)|^Indian\/(Maur|Reu|Ant)/;

const LEAVES = [-0.18, -0.09, 0, 0.08, 0.16];
/** @type {Rgb[]} */
export const SNOW = [0.8, 0.86, 0.91, 0.945, 0.975].map((lightness, i) => fromLch([lightness, 0.03 - i * 0.005, 250]));

/** Leaves with snow on them. @param {Lch} base @returns {Rgb[]} */
const snowy = (base) => [...ramp(base, [-0.14, -0.07, 0]), SNOW[2], SNOW[4]];

/** Grass, leaves, blossoms and petals. @type {Record<Season, {grass: Rgb[][], leaves: Rgb[][], blossoms: Rgb[], petals: Rgb[][]} | null>} */
const SEASON_LOOKS = {
  summer: null, // as everything is painted
  spring: {
    grass: [131, 140, 120, 134, 126].map((hue, i) => ramp([0.735 + (i & 1) * 0.015, 0.135, hue - 3], FIVE)),
    leaves: [
      ramp([0.68, 0.14, 128], LEAVES), ramp([0.52, 0.1, 152], LEAVES), ramp([0.76, 0.13, 116], [-0.18, -0.09, 0, 0.06, 0.1]),
      ramp([0.83, 0.09, 350], [-0.18, -0.09, 0, 0.05, 0.09]), ramp([0.88, 0.05, 5], [-0.18, -0.09, 0, 0.04, 0.07]),
    ],
    blossoms: ramp([0.84, 0.1, 355], [-0.16, -0.08, 0, 0.05, 0.09]),
    petals: [95, 350, 320, 300, 95, 5].map((hue) => ramp([0.87, 0.12, hue], [-0.06, 0.05])),
  },
  autumn: {
    grass: [110, 122, 98, 106, 102].map((hue) => ramp([0.7, 0.09, hue], FIVE)),
    leaves: [
      ramp([0.64, 0.15, 58], LEAVES), ramp([0.47, 0.075, 150], LEAVES), ramp([0.78, 0.15, 92], [-0.18, -0.09, 0, 0.05, 0.1]),
      ramp([0.56, 0.16, 35], LEAVES), ramp([0.68, 0.15, 72], LEAVES),
    ],
    blossoms: ramp([0.62, 0.16, 45], LEAVES),
    petals: [60, 40, 80, 30, 70, 50].map((hue) => ramp([0.66, 0.13, hue], [-0.08, 0.04])), // fallen leaves
  },
  winter: {
    grass: GRASS_INK.map(() => SNOW),
    leaves: [
      snowy([0.55, 0.035, 60]), snowy([0.44, 0.07, 160]), snowy([0.66, 0.03, 75]), snowy([0.5, 0.04, 45]), snowy([0.56, 0.04, 80]),
    ],
    blossoms: snowy([0.58, 0.04, 40]),
    petals: PETAL_INK.map(() => [SNOW[1], SNOW[4]]),
  },
};

/**
 * The colours that are others in a season, by ink.
 *
 * @param {Season} season
 * @returns {Map<number, Rgb>}
 */
export function inksOf(season) {
  const found = new Map();
  const look = SEASON_LOOKS[season];
  if (!look) return found;
  const set = (/** @type {number} */ first, /** @type {Rgb[]} */ colors) => colors.forEach((rgb, i) => found.set(first + i, rgb));
  GRASS_INK.forEach((first, i) => set(first, look.grass[i]));
  LEAF_INK.forEach((first, i) => set(first, look.leaves[i]));
  PETAL_INK.forEach((first, i) => set(first, look.petals[i]));
  set(BLOSSOM_INK, look.blossoms);
  if (season === 'autumn') found.set(HEART_INK, look.petals[0][0]);
  if (season !== 'winter') return found;
  found.set(HEART_INK, SNOW[3]);
  set(PATH_INK, ramp([0.82, 0.028, 80], FIVE));
  set(PLAZA_INK, ramp([0.87, 0.02, 85], [-0.1, -0.05, 0, 0.03, 0.06]));
  set(SAND_INK, ramp([0.89, 0.028, 88], [-0.1, -0.05, 0, 0.03, 0.06]));
  return found;
}

/**
 * @param {Date} date
 * @param {boolean} isSouth
 * @returns {Season}
 */
export const seasonAt = (date, isSouth) => YEAR[(Math.floor(((date.getMonth() + 1) % 12) / 3) + (isSouth ? 2 : 0)) % 4];

/** Whether people with such a clock have winter in July. @param {string} zone */
export const isSouthern = (zone) => SOUTH.test(zone);
