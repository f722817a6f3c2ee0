/**
 * Which houses stand on an island: as many as its people need, and no higher than lets one see who is at a place
 * behind them.
 *
 * @typedef {import('./terrain.js').Terrain} Terrain
 * @typedef {{cell: number, kind: number, high: number}} House `cell`: its upper corner, or the one it has; `kind`: from a
 *   cottage to a tower, or `HUT`; `high`: pixels of art, with its roof
 */

import { groundOf } from './isle.js';
import { mix } from './random.js';
import { through } from './slices.js';
import { CITY, HUT } from './terrain.js';

/** Floors of a cottage, a house, a row, a block and a tower. */
export const FLOORS = [1, 2, 3, 6, 11];
/** Windows of a hut; in a village there is one hut for many. */
export const PANES = 3;
/** How many live in each: as many as it has windows, but for a hut. */
export const CAPACITIES = [...FLOORS.map((floors) => 3 + (floors - 1) * 6), 2 * PANES];
/** How high each is, in pixels of art, with its roof. */
export const HEIGHTS = FLOORS.map((floors) => 12 + floors * 5);

const SPARE = 1.2; // windows for each member: not every house is full
const HALF_A_BODY = 10; // pixels
const SIDEWAYS = 4; // cells to each side, that a house may hide
const FAR = 40; // cells, beyond which no house hides anything

/**
 * @param {Terrain} land with room for houses, and those huts that a village has
 * @param {number} members enough for a town
 * @returns {Generator<void, void>}
 */
export function* build(land, members) {
  const { isle, open } = land;
  const limits = new Uint8Array(isle.houses.length);
  yield* through(limits.length, (house) => { limits[house] = tallest(land, isle.houses[house]); }, 64);
  const kindOf = (/** @type {number} */ house, /** @type {number} */ most) =>
    Math.min(limits[house], mix(isle.seed, house, 14) % 3 ? most : Math.max(0, most - 1));
  const wanted = Math.ceil(members * SPARE);
  for (let most = members < CITY ? 1 : 3; most < FLOORS.length; most++) {
    let windows = 0;
    let count = 0;
    while (count < limits.length && (windows < wanted || count & 3)) windows += CAPACITIES[kindOf(count++, most)];
    if (windows < wanted && most < FLOORS.length - 1) continue;
    for (const [house, cell] of isle.houses.slice(0, count).entries()) {
      const kind = kindOf(house, most);
      land.houses.push({ cell, kind, high: HEIGHTS[kind] });
    }
    break;
  }
  for (const { cell, kind } of land.houses) if (kind !== HUT) for (const under of groundOf(cell)) open[under] = 0;
}

/** The tallest kind that hides nobody at a place behind it. @param {Terrain} land @param {number} corner */
function tallest({ side, places }, corner) {
  const x = corner % side;
  const y = (corner / side) | 0;
  let nearest = Infinity;
  for (const place of places) {
    const [dx, dy] = [x - place.x, y - place.y];
    if (Math.max(Math.abs(dx), Math.abs(dy)) > FAR || Math.abs(dx - dy) > SIDEWAYS) continue;
    if (dx + dy > 0) nearest = Math.min(nearest, dx + dy);
  }
  const room = (nearest - 1) * 4 + HALF_A_BODY; // half a cell's height for each, on the screen
  let kind = FLOORS.length - 1;
  while (kind && HEIGHTS[kind] > room) kind -= 1;
  return kind;
}
