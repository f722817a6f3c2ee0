/**
 * Where on the picture something stands.
 *
 * @typedef {import('./settlement.js').Settlement} Settlement
 * @typedef {import('./terrain.js').Terrain} Terrain
 * @typedef {{x: number, y: number, z: number}} Spot in full-size art pixels; `z`: how far above the ground
 */

import { TENT, WALK } from './crowd.js';
import { HEADS, REST } from './figures.js';
import { mix } from './random.js';
import { PLANKS } from './terrain.js';

/** The heart of the island is at 0, 0. Half a cell's width and height on the screen, and how much a terrace is higher than the next. */
export const HALF_WIDTH = 8;
export const HALF_HEIGHT = 4;
export const RISE = 7;
/** How much higher the pier is than the beach. */
export const DECK = 3;

/** How many pixels the boards of a stage are above the ground. */
export const STAGE = 11;

/** @param {Terrain} land @param {number} cell @param {Spot} spot */
export function cellSpot(land, cell, spot) {
  const x = cell % land.side;
  const y = (cell / land.side) | 0;
  spot.x = (x - y) * HALF_WIDTH;
  spot.y = (x + y + 1 - land.side) * HALF_HEIGHT - land.height[cell] * RISE - (land.ground[cell] === PLANKS ? DECK : 0);
  spot.z = 0;
  return spot;
}

/** The upper corner of a cell's top. @param {Terrain} land @param {number} cell */
export function cornerOf(land, cell) {
  const corner = cellSpot(land, cell, { x: 0, y: 0, z: 0 });
  corner.y -= HALF_HEIGHT;
  return corner;
}

/** Not quite in the middle of the cell, or a crowd would be a grid. @param {Settlement} sim @param {number} slot @param {number} cell @param {Spot} spot */
function standing(sim, slot, cell, spot) {
  cellSpot(sim.land, cell, spot);
  const own = mix(sim.self[slot], cell);
  spot.x += (own % 5) - 2;
  if (sim.land.raised[cell]) spot.z = STAGE;
  else spot.y += ((own >> 8) % 3) - 1;
}

const before = { x: 0, y: 0, z: 0 };

/** The middle of a house, on the ground. @param {Terrain} land @param {number} corner its upper cell @param {Spot} spot */
export function houseSpot(land, corner, spot) {
  cellSpot(land, corner, spot);
  spot.y += HALF_HEIGHT;
  return spot;
}

/** @param {Settlement} sim @param {number} slot @param {Spot} spot */
export function personSpot(sim, slot, spot) {
  if (sim.home[slot] >= 0 && sim.state[slot] === TENT) {
    houseSpot(sim.land, sim.cell[slot], spot);
    spot.z = sim.land.houses[sim.home[slot]].high - HEADS[REST];
    return spot;
  }
  const hop = sim.hop[slot];
  if (sim.fading[slot]) return standing(sim, slot, hop < 0.5 ? sim.from[slot] : sim.cell[slot], spot);
  standing(sim, slot, sim.cell[slot], spot);
  if (sim.state[slot] !== WALK) return;
  standing(sim, slot, sim.from[slot], before);
  const flight = Math.min(1, Math.max(0, (hop - 0.14) / 0.74)); // it crouches first and lands on its feet
  spot.x = before.x + (spot.x - before.x) * flight;
  spot.y = before.y + (spot.y - before.y) * flight;
  spot.z = before.z + (spot.z - before.z) * flight + 28 * flight * (1 - flight);
}

/** @param {Settlement} sim @param {Spot} spot */
export function boatSpot(sim, spot) {
  const { pier } = sim.land;
  cellSpot(sim.land, pier[pier.length - 1], spot);
  const far = (sim.ferry?.far ?? 1) ** 1.6;
  spot.x += 24 + far * 440;
  spot.y += 12 + far * 220;
  return spot;
}
