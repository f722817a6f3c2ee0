/**
 * Who lives in which house. Those whose name has the same colour live side by side; a house stays theirs, and who
 * lives there stays there.
 *
 * @typedef {import('./build.js').House} House
 */

import { CAPACITIES } from './build.js';
import { NONE } from './crowd.js';
import { hash } from './random.js';
import { HUT } from './terrain.js';

const SLACK = 1.02; // not all windows are where they are wanted
const total = (/** @type {number[]} */ numbers) => numbers.reduce((all, one) => all + one, 0);

const NOBODYS = ''; // the colour of a name that has none

/** @typedef {import('../guild/census.js').Tenants} Tenants */

export class Homes {
  houses;
  /** Who has each room of a house, or `NONE`: a window for each. @type {number[][]} */
  rooms;
  /** How many windows of each house are of those who are known by number alone, by status. @type {(number[] | undefined)[]} */
  lodgers;
  /** For how many of those a window stands. */
  #each = 1;
  /** Whose each house is: a colour; null: nobody's yet. @type {(string | null)[]} */
  colors;
  /** Houses that look otherwise than they did. @type {Set<number>} */
  stale = new Set();
  /** By colour. @type {Map<string, number[]>} */
  #quarters = new Map();
  /** How many lived in each house before, and are still to come. @type {number[]} */
  #kept;
  #side;
  #isVillage;

  /**
   * @param {House[]} houses
   * @param {number} side of the land
   * @param {Homes | null} [before] as they were: what was somebody's is still
   */
  constructor(houses, side, before = null) {
    this.houses = houses;
    this.#side = side;
    this.#isVillage = houses.every(({ kind }) => kind === HUT);
    this.rooms = houses.map(() => []);
    this.lodgers = houses.map(() => undefined);
    this.colors = houses.map(() => null);
    this.#kept = houses.map((_, house) => before?.rooms[house]?.filter((slot) => slot !== NONE).length ?? 0);
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
    if (this.#kept[wish]) this.#kept[wish] -= 1;
    const house = this.colors[wish] === color && this.#hasRoom(wish) ? wish : this.#find(color);
    const empty = this.rooms[house].indexOf(NONE);
    this.rooms[house][empty < 0 ? this.rooms[house].length : empty] = slot;
    this.stale.add(house);
    return house;
  }

  /** @param {number} slot @param {number} house */
  moveOut(slot, house) {
    const rooms = this.rooms[house];
    if (!rooms) return;
    const room = rooms.indexOf(slot);
    if (room >= 0) rooms[room] = NONE; // nobody else moves to another window
    this.stale.add(house);
  }

  /** @param {number} house */
  #hasRoom(house) {
    const rooms = this.rooms[house];
    return rooms !== undefined && rooms.filter((slot) => slot !== NONE).length + this.#kept[house] < CAPACITIES[this.houses[house].kind];
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
    if (own.length && this.#isVillage) return own.reduce((best, house) => (this.rooms[house].length < this.rooms[best].length ? house : best));
    const start = own[0] ?? hash(color) % this.houses.length;
    const other = this.#nearest(start, (house) => this.#hasRoom(house));
    return other >= 0 ? other : start; // more live there than there are windows
  }

  /**
   * Those live here as well who are known by number alone. Where there are more people than windows, each stands for
   * several of them.
   *
   * @param {Tenants[]} tenants
   * @returns {Generator<void, void>}
   */
  *house(tenants) {
    const crowds = tenants.map(({ color, counts }) => ({ color, counts, size: total(counts) })).sort((a, b) => b.size - a.size);
    const windows = total(this.houses.map(({ kind }) => CAPACITIES[kind]));
    const share = Math.min(1, windows / (1 + SLACK * total(crowds.map(({ size }) => size))));
    this.#each = 1 / share;
    /** @type {(number[] | undefined)[]} */
    const lodgers = this.houses.map(() => undefined);
    for (const { color, counts, size } of crowds) {
      if (size) this.#spread(this.#quarterFor(color, size * share, share < 1), counts, size, lodgers);
      yield;
    }
    lodgers.forEach((now, house) => {
      if (String(now) !== String(this.lodgers[house])) this.stale.add(house);
    });
    this.lodgers = lodgers;
  }

  /** About how many of them live in a house. @param {number} house */
  strangersIn(house) {
    return Math.round(total(this.lodgers[house] ?? []) * this.#each);
  }

  /** Spreads some evenly over the windows that are left in some houses. @param {number[]} quarter @param {number[]} counts @param {number} size @param {(number[] | undefined)[]} lodgers */
  #spread(quarter, counts, size, lodgers) {
    const empty = quarter.map((house) => Math.max(0, this.#empty(house) - total(lodgers[house] ?? [])));
    const room = total(empty);
    if (!room) return;
    const share = Math.min(1, room / size);
    let filled = 0;
    quarter.forEach((house, i) => {
      const [from, to] = [filled / room, (filled += empty[i]) / room];
      const now = counts.map((count) => Math.round(count * share * to) - Math.round(count * share * from));
      lodgers[house] = lodgers[house]?.map((count, status) => count + now[status]) ?? now;
    });
  }

  /** Those houses of a colour, with so many windows if there are as many. @param {string} color @param {number} wanted @param {boolean} isShort whether there are too few windows for all */
  #quarterFor(color, wanted, isShort) {
    const own = this.#quarters.get(color) ?? [];
    let left = wanted - total(own.map((house) => this.#empty(house)));
    if (left > 0) {
      for (const house of this.#freeFrom(own[0] ?? hash(color) % this.houses.length)) {
        const least = isShort && this.#quarters.has(color) ? CAPACITIES[this.houses[house].kind] / 2 : 0;
        if (left <= least) break;
        this.#claim(house, color);
        left -= CAPACITIES[this.houses[house].kind];
      }
    }
    return this.#quarters.get(color) ?? this.houses.map((_, house) => house); // without a house, wherever there is room
  }

  /** @param {number} house */
  #empty(house) {
    return Math.max(0, CAPACITIES[this.houses[house].kind] - this.rooms[house].filter((slot) => slot !== NONE).length);
  }

  /** Houses that are nobody's, the nearest first. @param {number} start */
  #freeFrom(start) {
    const side = this.#side;
    const from = this.houses[start].cell;
    const far = this.houses.map(({ cell }) => ((cell % side) - (from % side)) ** 2 + (((cell / side) | 0) - ((from / side) | 0)) ** 2);
    return this.houses.map((_, house) => house).filter((house) => this.colors[house] === null).sort((a, b) => far[a] - far[b]);
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
