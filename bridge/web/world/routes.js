/**
 * Ways over the island. One search per destination serves everyone who goes there.
 *
 * @typedef {import('./terrain.js').Terrain} Terrain
 * @typedef {(cell: number) => number} Field how far each cell is from a destination
 */

import { STEPS } from './terrain.js';

export const NOWHERE = 0xffff;
const KEPT = 40e6; // cells of all fields; the one that was not asked for longest is forgotten first

/** What one looks at from the front. */
const FLAT = ['stage', 'board'];

/**
 * The cells around a place where one stands first: those of the innermost ring.
 *
 * @param {Terrain} land
 * @param {import('./terrain.js').Place} place
 */
export function ring({ side, open, height }, { cell, thing }) {
  const back = FLAT.includes(thing) ? 0 : -4;
  const found = [];
  for (let dy = -2; dy <= 2; dy++) {
    for (let dx = -2; dx <= 2; dx++) {
      const far = dx * dx + dy * dy;
      const near = cell + dy * side + dx;
      if (far >= 2 && far <= 5 && dx + dy >= back && open[near] && height[near] === height[cell]) found.push(near);
    }
  }
  return found;
}

/** The cells around a house, those in front first; the first three are before a hut, and in any other house. @param {number} corner @param {number} side */
export const doorsOf = (corner, side) => [
  corner + side, corner + 1, corner + 1 + side,
  corner + 2 * side, corner + 1 + 2 * side, corner + 2, corner + 2 + side, corner - 1, corner - 1 + side, corner - side, corner + 1 - side,
];

export class Routes {
  #land;
  /** Which of the cells that can be walked each one is, from 1 on: a field has no numbers for the sea. */
  #index;
  #count = 1;
  /** @type {Map<number, Field>} */
  #fields = new Map();

  /** @param {Terrain} land */
  constructor(land) {
    this.#land = land;
    const { length } = land.open;
    this.#index = land.walkable < NOWHERE ? new Uint16Array(length) : new Int32Array(length);
    for (let cell = land.first; cell < land.last; cell++) if (land.open[cell]) this.#index[cell] = this.#count++;
  }

  /** The destination that is the pier, and the one that is the tents; places come before, houses after. */
  get pier() {
    return this.#land.places.length;
  }

  get camp() {
    return this.#land.places.length + 1;
  }

  /** @param {number} destination */
  to(destination) {
    const field = this.#fields.get(destination) ?? this.#measure(this.#starts(destination));
    this.#fields.delete(destination); // to the end of the list
    this.#fields.set(destination, field);
    if (this.#fields.size * this.#count > KEPT) {
      const [oldest] = this.#fields.keys();
      this.#fields.delete(oldest);
    }
    return field;
  }

  /** @param {number} destination */
  #starts(destination) {
    const land = this.#land;
    if (destination === this.pier) return [land.pier[land.pier.length - 1]];
    const stands = this.#stands(destination).filter((cell) => land.open[cell]);
    return stands.length ? stands : [land.pier[0]];
  }

  /** @param {number} destination */
  #stands(destination) {
    const { side, tents, places, houses } = this.#land;
    if (destination < this.pier) return ring(this.#land, places[destination]);
    if (destination > this.camp) return doorsOf(houses[destination - this.camp - 1].cell, side);
    return tents.flatMap((cell) => [cell + 1, cell + side, cell - 1, cell - side]);
  }

  /**
   * Distances from some cells over all that can be walked, by buckets: a straight step costs 3, a slanting one 4,
   * and one less on a trail.
   *
   * @param {number[]} starts
   * @returns {Field}
   */
  #measure(starts) {
    const { side, trail, ways } = this.#land;
    const index = this.#index;
    const field = new Uint16Array(this.#count).fill(NOWHERE);
    const offsets = STEPS.map(({ dx, dy }) => dy * side + dx);
    /** @type {number[][]} */
    const buckets = [[], [], [], [], []];
    for (const start of starts.filter((cell) => index[cell])) {
      field[index[start]] = 0;
      buckets[0].push(start);
    }
    let waiting = buckets[0].length;
    for (let cost = 0; waiting; cost++) {
      const bucket = buckets[cost % 5];
      for (let cell = bucket.pop(); cell !== undefined; cell = bucket.pop()) {
        waiting -= 1;
        if (field[index[cell]] !== cost) continue;
        for (let direction = 0; direction < 8; direction++) {
          if (!((ways[cell] >> direction) & 1)) continue;
          const to = cell + offsets[direction];
          const total = cost + 3 + (direction & 1) - trail[to];
          if (total >= field[index[to]]) continue;
          field[index[to]] = total;
          buckets[total % 5].push(to);
          waiting += 1;
        }
      }
    }
    return (cell) => field[index[cell]];
  }
}
