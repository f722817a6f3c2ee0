/**
 * Who can be seen where: how much of somebody at a cell is behind what stands before them. Measured on what is drawn.
 *
 * @typedef {import('./sheet.js').Sprite} Sprite
 * @typedef {import('./terrain.js').Terrain} Terrain
 */

import { POST } from './furniture.js';
import { signOf } from './isle.js';
import { HALF_HEIGHT, HALF_WIDTH, STAGE, cellSpot } from './spots.js';
import { stills } from './stills.js';

/** All of somebody is hidden. */
export const WHOLE = 255;
/** From here on one wouldn't know who it is. */
export const HIDDEN = 96;

/** How much of a sign may be hidden before one can't read it. */
const UNREAD = 0.15;

/** Of a body, in pixels. */
export const BODY_WIDE = 12;
export const BODY_HIGH = 14;

/** Of the sprites: how many pixels they have to the upper left of each. @type {WeakMap<Sprite, Uint16Array>} */
const sums = new WeakMap();

/** @param {Sprite} sprite */
function sumsOf(sprite) {
  let sum = sums.get(sprite);
  if (sum) return sum;
  const { width, height, inks } = sprite;
  sum = new Uint16Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      row += inks[y * width + x] ? 1 : 0;
      sum[(y + 1) * (width + 1) + x + 1] = sum[y * (width + 1) + x + 1] + row;
    }
  }
  sums.set(sprite, sum);
  return sum;
}

/** How many pixels of a sprite are in a rectangle. @param {Sprite} sprite @param {number} left of it, from where the sprite stands @param {number} top */
function hiddenPart(sprite, left, top, wide = BODY_WIDE, high = BODY_HIGH) {
  const { width, height } = sprite;
  const x0 = Math.min(width, Math.max(0, left + sprite.x));
  const x1 = Math.min(width, Math.max(0, left + wide + sprite.x));
  const y0 = Math.min(height, Math.max(0, top + sprite.y));
  const y1 = Math.min(height, Math.max(0, top + high + sprite.y));
  if (x0 === x1 || y0 === y1) return 0;
  const sum = sumsOf(sprite);
  const at = (/** @type {number} */ x, /** @type {number} */ y) => sum[y * (width + 1) + x];
  return at(x1, y1) - at(x0, y1) - at(x1, y0) + at(x0, y0);
}

/**
 * Fells the trees before signs. A name that something else hides is none: it is read elsewhere.
 *
 * @param {Terrain} land
 * @returns {Generator<void, void>}
 */
export function* clearSigns(land) {
  const boards = land.places.filter(({ id, board }) => id && board).map((place) => {
    const { x, y } = cellSpot(land, signOf(place.cell), { x: 0, y: 0, z: 0 });
    return { place, x, y, hidden: 0 };
  });
  /** @type {Set<number>} */
  const felled = new Set();
  yield* stills(land, (sprite, spot, cell, prop) => {
    for (const one of boards) {
      const { width, height } = /** @type {{width: number, height: number}} */ (one.place.board);
      if (spot.y <= one.y || spot.y - sprite.y > one.y || Math.abs(spot.x - one.x) > sprite.width + width) continue;
      const much = hiddenPart(sprite, one.x - spot.x - (width >> 1), one.y - spot.y - POST - height, width, height) / (width * height);
      if (much > UNREAD / 2 && ['tree', 'bush', 'rock'].includes(prop?.kind ?? '')) felled.add(cell);
      else one.hidden += much;
    }
  });
  land.props = land.props.filter(({ kind, cell }) => !felled.has(cell) || kind === 'sign');
  for (const { place, hidden } of boards) if (hidden > UNREAD) place.board = null;
}

/** How much of somebody at each cell is hidden, from 0 to `WHOLE`. @param {Terrain} land @returns {Generator<void, Uint8Array>} */
export function* measureCover(land) {
  const { side } = land;
  const cover = new Uint8Array(side * side);
  const body = { x: 0, y: 0, z: 0 };
  yield* stills(land, (sprite, spot, from) => {
    const reach = Math.ceil(sprite.y / HALF_HEIGHT) + 1;
    const left = Math.ceil((sprite.x + BODY_WIDE) / HALF_WIDTH);
    const right = Math.ceil((sprite.width - sprite.x + BODY_WIDE) / HALF_WIDTH);
    for (let back = -1; back <= reach; back++) {
      for (let aside = -left; aside <= right; aside++) {
        if ((back + aside) & 1) continue;
        const cell = from - ((back - aside) >> 1) - ((back + aside) >> 1) * side;
        if (!land.open[cell] && !land.raised[cell]) continue;
        cellSpot(land, cell, body);
        if (body.y > spot.y) continue; // one stands not quite in the middle of a cell
        const up = BODY_HIGH + (land.raised[cell] ? STAGE : 0);
        const much = hiddenPart(sprite, body.x - spot.x - BODY_WIDE / 2, body.y - spot.y - up);
        cover[cell] = Math.min(WHOLE, cover[cell] + (much * WHOLE) / (BODY_WIDE * BODY_HIGH));
      }
    }
  });
  return cover;
}
