/** What all ground and water is grained with; it repeats after so many pixels. */

import { DEEP, PHASES } from './inks.js';
import { mix } from './random.js';

export const GRAIN = 128;

/** Noise that can be tiled. @param {number} wide how many bumps it has across @param {number} high @param {number} seed */
function clouds(wide, high, seed) {
  const bumps = new Float32Array(wide * high).map((_, i) => mix(seed, i % wide, (i / wide) | 0) / 0xffffffff);
  const cloud = new Float32Array(GRAIN * GRAIN);
  for (let i = 0; i < cloud.length; i++) {
    const x = ((i % GRAIN) * wide) / GRAIN;
    const y = (((i / GRAIN) | 0) * high) / GRAIN;
    const left = Math.floor(x);
    const right = (left + 1) % wide;
    const upper = Math.floor(y) * wide;
    const lower = (upper + wide) % bumps.length;
    const above = bumps[upper + left] * (1 - (x % 1)) + bumps[upper + right] * (x % 1);
    const below = bumps[lower + left] * (1 - (x % 1)) + bumps[lower + right] * (x % 1);
    cloud[i] = above * (1 - (y % 1)) + below * (y % 1);
  }
  return cloud;
}

export const WHITE = new Float32Array(GRAIN * GRAIN).map((_, i) => mix(11, i) / 0xffffffff);
export const WARP_X = clouds(30, 44, 12);
export const WARP_Y = clouds(30, 44, 13);
const SWELL = clouds(6, 5, 14);
const CALM = clouds(9, 21, 15);
/** Which phase of water each pixel has: long low waves, broken where it is calm. */
const PHASE = new Uint8Array(GRAIN * GRAIN).map((_, i) =>
  CALM[i] < 0.6 ? PHASES : Math.floor(((i / GRAIN) | 0) + SWELL[i] * 26) % PHASES);

/** The open sea, over and over. */
export const OPEN_SEA = PHASE.map((phase) => DEEP + phase);

/** How far to the side the open sea is moved when it comes again further down, or one would see it repeat. */
export const SEA_SHIFT = 46;

/** Where a pixel is in what repeats. @param {number} x @param {number} y */
export const tile = (x, y) => ((y & (GRAIN - 1)) * GRAIN) | (x & (GRAIN - 1));

/** Which phase a pixel of water has. @param {number} x @param {number} y */
export const phaseAt = (x, y) => PHASE[tile(x + SEA_SHIFT * Math.floor(y / GRAIN), y)];
