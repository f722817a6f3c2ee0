/**
 * Everything that stands on the land and doesn't move, as it is painted.
 *
 * @typedef {import('./sheet.js').Sprite} Sprite
 * @typedef {import('./spots.js').Spot} Spot
 * @typedef {import('./terrain.js').Terrain} Terrain
 */

import { paintPlace, sign } from './furniture.js';
import { paintRoof, paintWalls } from './houses.js';
import { paintThings, stillOf } from './paint.js';
import { cellSpot, houseSpot } from './spots.js';

/** Houses of each kind. @type {Sprite[][]} */
const houses = [];

/**
 * @param {Terrain} land
 * @param {(sprite: Sprite, spot: Spot, cell: number, prop?: import('./isle.js').Prop) => void} act `spot`: where it stands, good until the next; `cell`: the same
 */
export function eachStill(land, act) {
  const things = paintThings();
  const spot = { x: 0, y: 0, z: 0 };
  const at = (/** @type {number} */ cell) => cellSpot(land, cell, spot);
  for (const prop of land.props) {
    act(prop.kind === 'sign' ? sign(land.places[prop.variant].name) : stillOf(things, land, prop), at(prop.cell), prop.cell, prop);
  }
  for (const { cell, thing } of land.places) act([paintPlace(thing)].flat()[0], at(cell), cell);
  for (const cell of land.tents) act(things.tent, at(cell), cell);
  for (const { cell, kind } of land.houses) {
    for (const part of (houses[kind] ??= [paintWalls(kind, [], 0), paintRoof(kind)])) act(part, houseSpot(land, cell, spot), cell);
  }
}
