/**
 * Who lives in which house. Those whose name has the same colour live side by side; a house stays theirs, and who
 * lives there stays there.
 *
 * @typedef {import('./build.js').House} House
 */

import { CAPACITIES } from './build.js';
import { NONE } from './crowd.js';
import { hash } from './random.js';

const NOBODYS = ''; // the colour of a name that has none

export class Homes {
  houses;
  /** Who has each room of a house, or `NONE`: a window for each. @type {number[][]} */
  rooms;
  /** Whose each house is: a colour; null: nobody's yet. @type {(string | null)[]} */
  colors;
  /** Houses that look otherwise than they did. @type {Set<number>} */
  stale = new Set();
  /** By colour. @type {Map<string, number[]>} */
  #quarters = new Map();
  #side;

  /**
   * @param {House[]} houses
   * @param {number} side of the land
   * @param {Homes | null} [before] as they were: what was somebody's is still
   */
  constructor(houses, side, before = null) {
    this.houses = houses;
    this.#side = side;
    this.rooms = houses.map(() => []);
    this.colors = houses.map(() => null);
    before?.colors.forEach((color, house) => { if (color !== null && house < houses.length) this.#claim(house, color); });
  }

  /** @param {number} house @param {string} color */
  #claim(house, color) {
    this.colors[house] = color;
    const quarter = this.#quarters.get(color);
    if (quarter) quarter.push(house);
    else this.#quarters.set(color, [house]);
    this.stale.add(house);
  }

  /**
   * Gives somebody a home.
   *
   * @param {number} slot
   * @param {string | null} role the colour of their name
   * @param {number} [wish] the house that was theirs, if it still can be
   * @returns {number} the house
   */
  moveIn(slot, role, wish = NONE) {
    const color = role ?? NOBODYS;
    const house = this.colors[wish] === color && this.#hasRoom(wish) ? wish : this.#find(color);
    const empty = this.rooms[house].indexOf(NONE);
    this.rooms[house][empty < 0 ? this.rooms[house].length : empty] = slot;
    this.stale.add(house);
    return house;
  }

  /** @param {number} slot @param {number} house */
  moveOut(slot, house) {
    const room = this.rooms[house].indexOf(slot);
    if (room >= 0) this.rooms[house][room] = NONE; // nobody else moves to another window
    this.stale.add(house);
  }

  /** @param {number} house */
  #hasRoom(house) {
    const rooms = this.rooms[house];
    return rooms !== undefined && (rooms.length < CAPACITIES[this.houses[house].kind] || rooms.includes(NONE));
  }

  /** @param {string} color */
  #find(color) {
    const own = this.#quarters.get(color) ?? [];
    const roomy = own.findLast((house) => this.#hasRoom(house));
    if (roomy !== undefined) return roomy;
    const free = this.#nearest(own[0] ?? hash(color) % this.houses.length, (house) => this.colors[house] === null);
    if (free >= 0) {
      this.#claim(free, color);
      return free;
    }
    const start = own[0] ?? hash(color) % this.houses.length;
    const other = this.#nearest(start, (house) => this.#hasRoom(house));
    return other >= 0 ? other : start; // more live there than there are windows
  }

  /** @param {number} start @param {(house: number) => boolean} suits @returns {number} */
  #nearest(start, suits) {
    const side = this.#side;
    const from = this.houses[start].cell;
    let best = -1;
    let least = Infinity;
    this.houses.forEach(({ cell }, house) => {
      if (!suits(house)) return;
      const far = ((cell % side) - (from % side)) ** 2 + (((cell / side) | 0) - ((from / side) | 0)) ** 2;
      if (far < least) [best, least] = [house, far];
    });
    return best;
  }
}
