/** What all ground and water is grained with; it repeats after so many pixels. */

import { GLINT, OUT_AT_SEA, PHASES } from './inks.js';
import { mix } from './random.js';

export const GRAIN = 128;

/** Noise that can be tiled. @param {number} wide how many bumps it has across @param {number} high @param {number} seed */
function clouds(wide, high, seed) {
  const bumps = new Uint8Array(wide * high).map((_, i) => mix(seed, i % wide, (i / wide) | 0) >>> 24);
  const cloud = new Uint8Array(GRAIN * GRAIN);
  for (let i = 0; i < cloud.length; i++) {
    const x = (i % GRAIN) * wide; // in as many parts of a bump as there are pixels to a side
    const y = ((i / GRAIN) | 0) * high;
    const left = (x / GRAIN) | 0;
    const right = (left + 1) % wide;
    const upper = ((y / GRAIN) | 0) * wide;
    const lower = (upper + wide) % bumps.length;
    const across = x % GRAIN;
    const down = y % GRAIN;
    const above = bumps[upper + left] * (GRAIN - across) + bumps[upper + right] * across;
    const below = bumps[lower + left] * (GRAIN - across) + bumps[lower + right] * across;
    cloud[i] = (above * (GRAIN - down) + below * down) / (GRAIN * GRAIN);
  }
  return cloud;
}

// Whole numbers from 0 to 255: until it is compiled, JavaScript makes an object of every broken one.
export const WHITE = new Uint8Array(GRAIN * GRAIN).map((_, i) => mix(11, i) >>> 24);
export const WARP_X = clouds(30, 44, 12);
export const WARP_Y = clouds(30, 44, 13);
/** The sea repeats after more than the ground, and further down it does so elsewhere: nobody sees that it does. */
export const SEA = 1024;
const DEPTH = 128; // rows of it
const SWELL = clouds(6, 5, 14);
const CALM = clouds(9, 21, 15);
const LULL = 16; // pixels that are calm or not alike, about
const LULLS = Uint8Array.from({ length: (SEA / LULL) * (DEPTH / LULL) * 4 }, (_, i) => mix(16, i) >>> 24);
/** How calm it is all around a pixel. @param {number} x @param {number} y */
const lullAt = (x, y) => LULLS[((y / LULL) | 0) * (SEA / LULL) + ((x / LULL) | 0)];
/** Which phase of water each pixel has: long low waves, broken where it is calm, and none where two tiles meet. */
const PHASE = new Uint8Array(SEA * DEPTH).map((_, i) => {
  const x = i % SEA;
  const y = (i / SEA) | 0;
  const at = tile(x, y);
  return CALM[at] < 146 || lullAt(x, y) < 90 || y < 2 || y > DEPTH - 3 ? PHASES : (y + ((SWELL[at] * 26) >> 8)) % PHASES;
});
/** Now and then the sun is in the water. @param {number} i */
const isGlint = (i) => mix(17, i) % 420 === 0 && lullAt(i % SEA, (i / SEA) | 0) > 170;

/** The open sea, over and over. */
export const OPEN_SEA = PHASE.map((phase, i) => (isGlint(i) ? GLINT + (mix(18, i) % PHASES) : OUT_AT_SEA + phase));

/** What the sky in the sea is broken by. */
const STREAKS = clouds(11, 52, 25);

/** Whether there is more of the sky in a pixel of the sea than in the next. @param {number} x @param {number} y @param {number} share of the pixels, in 256ths */
export const isSkyAt = (x, y, share) => STREAKS[tile(x, y)] < 56 + ((share * 144) >> 8);

/** How far to the side the sea is moved in a row. @param {number} y */
export const seaShift = (y) => mix(19, Math.floor(y / DEPTH)) & (SEA - 2);

/** Where a row of the sea begins. @param {number} y */
export const seaRow = (y) => (y & (DEPTH - 1)) * SEA;

/** Where a pixel is in what repeats. @param {number} x @param {number} y */
export function tile(x, y) {
  return ((y & (GRAIN - 1)) * GRAIN) | (x & (GRAIN - 1));
}

/** @param {number} x @param {number} y */
const seaTile = (x, y) => seaRow(y) | (x & (SEA - 1));

/** Which phase a pixel of water has. @param {number} x @param {number} y */
export const phaseAt = (x, y) => PHASE[seaTile(x + seaShift(y), y)];

/** What the open sea is of, at a pixel. @param {number} x @param {number} y */
export const openSeaAt = (x, y) => OPEN_SEA[seaTile(x + seaShift(y), y)];

/**
 * Fills a part of a list with what it begins with, over and over.
 *
 * @param {Uint8Array | Uint32Array} list
 * @param {number} from
 * @param {number} to
 * @param {number} length of what is repeated
 */
export function repeat(list, from, to, length) {
  for (let done = length; from + done < to; done *= 2) list.copyWithin(from + done, from, Math.min(from + done, to - done));
}
