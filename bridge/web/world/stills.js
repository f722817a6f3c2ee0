/**
 * Everything that stands on the land and doesn't move, as it is painted.
 *
 * @typedef {import('./sheet.js').Sprite} Sprite
 * @typedef {import('./spots.js').Spot} Spot
 * @typedef {import('./terrain.js').Terrain} Terrain
 */

import { paintPlace, sign } from './furniture.js';
import { grove, paintThings, stillOf } from './paint.js';
import { finish, through } from './slices.js';
import { cellSpot, houseSpot } from './spots.js';
import { Sheet } from './sheet.js';
import { BIOMES, HUT } from './terrain.js';

const SOME = 32; // painted and looked at before others may go on

/** What a hut hides: the same before and after there is what paints it. */
const hutShape = new Sheet(26, 28).box(13, 21, 12, 12, 0, 13, 1, 1, 1).sprite(13, 25);

/**
 * @param {Terrain} land
 * @param {(sprite: Sprite, spot: Spot, cell: number, prop?: import('./isle.js').Prop) => void} act `spot`: where it stands, good until the next; `cell`: the same
 */
export const eachStill = (land, act) => finish(stills(land, act));

/**
 * The same, some at a time.
 *
 * @param {Terrain} land
 * @param {(sprite: Sprite, spot: Spot, cell: number, prop?: import('./isle.js').Prop) => void} act
 * @returns {Generator<void, void>}
 */
export function* stills(land, act) {
  yield* through(BIOMES, grove, 1);
  const things = paintThings(land.town);
  const spot = { x: 0, y: 0, z: 0 };
  const at = (/** @type {number} */ cell) => cellSpot(land, cell, spot);
  yield;
  yield* through(land.props.length, (i) => {
    const prop = land.props[i];
    act(prop.kind === 'sign' ? sign(land.places[prop.variant].name) : stillOf(things, land, prop), at(prop.cell), prop.cell, prop);
  }, SOME);
  yield* through(land.places.length, (i) => {
    const { cell, thing } = land.places[i];
    act([paintPlace(thing)].flat()[0], at(cell), cell);
  }, SOME);
  for (const cell of land.tents) act(things.tent, at(cell), cell);
  yield* through(land.houses.length, (i) => {
    const { cell, kind } = land.houses[i];
    for (const part of kind === HUT ? [hutShape] : land.town?.paintHouse(kind) ?? []) act(part, houseSpot(land, cell, spot), cell);
  }, SOME);
}
