/**
 * The island to look at: how large it is, and its ground in the sizes that were looked at.
 *
 * @typedef {import('./terrain.js').Terrain} Terrain
 */

import { Ground } from './ground.js';
import { HALF_HEIGHT, HALF_WIDTH, RISE, cornerOf } from './spots.js';

const MARGIN = 8; // cells of sea around the land

/** How far something towers over its cell's upper corner. @type {Record<string, number>} */
const TALL = { tree: 26, lighthouse: 70, thing: 30 };

export class Land {
  /** Where the picture's upper left corner is, in pixels from the upper corner of cell 0. */
  left = 0;
  top = 0;
  width = 0;
  height = 0;
  /** The land itself, in the same pixels. */
  bounds = { left: 0, right: 0, top: 0, bottom: 0 };
  /** Parts of the picture that were drawn again, for who keeps a copy. @type {{x: number, y: number, width: number, height: number}[]} */
  mended = [];
  /** By size. @type {(Ground | undefined)[]} */
  grounds = [];
  terrain;
  #wearAt;

  /**
   * @param {Terrain} terrain
   * @param {(cell: number) => number} wearAt
   * @param {Land | null} [before] the same island as it was
   */
  constructor(terrain, wearAt, before = /** @type {Land | null} */ (null)) {
    this.before = before;
    this.reach = terrain.reach;
    this.terrain = terrain;
    this.#wearAt = wearAt;
    this.#measure();
  }

  /** Its ground, which whoever looks at it first has to bake: some islands are left again before. @param {number} step 1, or 2 for half the size */
  ground(step) {
    return (this.grounds[step] ??= new Ground(this.terrain, this.#wearAt, this, step));
  }

  /** Whether a cell is land. @param {number} cell */
  has(cell) {
    return this.terrain.ground[cell] > 0;
  }

  #measure() {
    const { side, ground, height, first, last } = this.terrain;
    let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let row = (first / side) | 0; row * side < last; row++) {
      const y = row - side / 2;
      for (let column = 0; column < side; column++) { // no minimum of two and no remainder: it is done in one go
        const cell = row * side + column;
        if (!ground[cell]) continue;
        const x = column - side / 2;
        const over = x + y - Math.ceil((height[cell] * RISE) / HALF_HEIGHT);
        if (x - y < left) left = x - y;
        if (x - y > right) right = x - y;
        if (over < top) top = over;
        if (x + y > bottom) bottom = x + y;
      }
    }
    this.left = (left - 2 * MARGIN) * HALF_WIDTH;
    this.top = (top - 2 * MARGIN) * HALF_HEIGHT;
    this.width = (right - left + 4 * MARGIN) * HALF_WIDTH;
    this.height = (bottom - top + 4 * MARGIN) * HALF_HEIGHT;
    const { props, places } = this.terrain;
    const tops = [
      ...props.map(({ cell, kind }) => cornerOf(this.terrain, cell).y - (TALL[kind] ?? 0)),
      ...places.map(({ cell }) => cornerOf(this.terrain, cell).y - TALL.thing),
    ];
    this.bounds = {
      left: (left - 1) * HALF_WIDTH, right: (right + 1) * HALF_WIDTH,
      top: tops.reduce((least, one) => Math.min(least, one), top * HALF_HEIGHT), bottom: (bottom + 2) * HALF_HEIGHT,
    };
  }
}
