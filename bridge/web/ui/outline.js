/**
 * What an island looks like from afar, in few words.
 *
 * @typedef {import('../world/terrain.js').Terrain} Terrain
 * @typedef {import('./islands.js').Outline} Outline
 */

import { HALF_HEIGHT, HALF_WIDTH, cornerOf } from '../world/spots.js';
import { PLANKS } from '../world/terrain.js';

const COLUMNS = 64;

/** @param {Terrain} terrain @param {import('../world/camera.js').Sides} bounds @returns {Outline} */
export function outlineOf(terrain, { left, right, top, bottom }) {
  const wide = (right - left) / COLUMNS;
  const highest = new Array(COLUMNS).fill(Infinity);
  const lowest = new Array(COLUMNS).fill(-Infinity);
  terrain.ground.forEach((ground, cell) => {
    if (!ground || ground === PLANKS) return;
    const { x, y } = cornerOf(terrain, cell);
    const last = Math.min(COLUMNS - 1, Math.floor((x + HALF_WIDTH - left) / wide));
    for (let i = Math.max(0, Math.floor((x - HALF_WIDTH - left) / wide)); i <= last; i++) {
      highest[i] = Math.min(highest[i], y);
      lowest[i] = Math.max(lowest[i], y + 2 * HALF_HEIGHT);
    }
  });
  const columns = highest.flatMap((y, i) => (y === Infinity ? [] : [i]));
  /** @param {number[]} edge */
  const along = (edge) => columns.map((i) => `${Math.round((i + 0.5) * wide)},${Math.round(edge[i] - top)}`);
  const points = [...along(highest), ...along(lowest).reverse()].join(' ');
  return { width: Math.round(right - left), height: Math.round(bottom - top), points, isTown: terrain.houses.length > 0 };
}
