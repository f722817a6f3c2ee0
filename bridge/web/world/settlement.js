/**
 * Everybody at a place of their own, as the first picture has them: seeded, the same calls give the same crowd. Nobody goes
 * anywhere yet; what they do from then on is in `sim.js`, which takes over.
 *
 * Each person holds one cell, and while hopping the one they hop to: so nobody ever stands on another.
 *
 * @typedef {import('../guild/people.js').Member} Member
 * @typedef {import('./terrain.js').Terrain} Terrain
 */

import { Cells } from './cells.js';
import { Crowd, DOZE, NONE, RATE, SIT, STAND, TENT } from './crowd.js';
import { Random } from './random.js';
import { Routes } from './routes.js';
import { STEPS, TOWN_AGE } from './terrain.js';

const TO_VIEWER = 1; // one of `STEPS`
export const MOST_OUT = 150; // people out of doors in a town: more than that nobody could tell apart

export class Settlement extends Crowd {
  land;
  /** @type {Routes} */
  routes;
  cells;
  dice;
  /** Brings and takes people, once they move. @type {import('./ferry.js').Ferry | null} */
  ferry = null;
  /** Where they have walked. @type {import('./wear.js').Wear | null} */
  wear = null;
  /** People fade from place to place rather than walk. */
  reducedMotion = false;
  /** Who is on the land, of all that are here. @type {Set<number>} */
  out = new Set();
  #places;

  /** @param {Terrain} land @param {Settlement | null} [before] the one that this one replaces */
  constructor(land, before = null) {
    super();
    this.land = land;
    /** Where everybody lives; null where there are but tents, or until there is what builds huts. */
    this.homes = land.town && land.houses.length ? new land.town.Homes(land.houses, land.side, before?.homes) : null;
    /** Whether the quiet are at home. */
    this.isTown = this.homes && land.age >= TOWN_AGE;
    this.routes = before?.land === land ? before.routes : new Routes(land);
    this.cells = new Cells(land, this.routes, this);
    this.dice = new Random(land.seed);
    this.#places = new Map(land.places.map(({ id }, i) => [id, i]));
    /** How many sleep in each tent. */
    this.sleepers = new Uint16Array(land.tents.length);
    /** When somebody last wrote at each place. */
    this.spoken = new Float64Array(land.places.length).fill(-Infinity);
  }

  /**
   * Somebody is here.
   *
   * @param {Member} member
   * @param {boolean} [_byBoat] whether they come
   * @param {number} [wish] the house that was theirs
   */
  add(member, _byBoat = false, wish = NONE) {
    this.lodge(this.settleDown(member, wish));
  }

  /** Gives somebody a slot, and a home where there are houses. @param {Member} member @param {number} wish */
  settleDown(member, wish) {
    const slot = this.enter(member);
    this.moveIn(slot, wish);
    return slot;
  }

  /** Gives somebody a home, unless it's a tent. @param {number} slot @param {number} [wish] */
  moveIn(slot, wish) {
    this.home[slot] = this.homes && !this.#camps(slot) ? this.homes.moveIn(slot, this.members[slot]?.color ?? null, wish) : NONE;
  }

  /** Whether somebody has but a tent: in a village, who has come today, and some of those without a role. @param {number} slot */
  #camps(slot) {
    const { fresh, color } = /** @type {Member} */ (this.members[slot]);
    return !this.land.houses.length || (!this.isTown && (fresh || (!color && this.self[slot] & 1)));
  }

  /** Has somebody be where they belong. @param {number} slot @returns {boolean} whether that is out of doors */
  lodge(slot) {
    const place = this.placeFor(this.members[slot]);
    const isIn = this.members[slot]?.status === 'offline' || (this.isTown && (place < 0 || this.out.size >= MOST_OUT));
    if (isIn) this.sleep(slot);
    else this.station(slot, place);
    return !isIn;
  }

  /** Those live here as well who are known by number alone. @param {import('./homes.js').Tenants[]} tenants @returns {Generator<void, void>} */
  *house(tenants) {
    if (this.homes) yield* this.homes.house(tenants);
  }

  /** Which place somebody is bound to by a voice channel. @param {Member | undefined} member */
  placeFor(member) {
    const channel = member?.voice?.channelId;
    return channel ? this.placeOf(channel) : NONE;
  }

  /** How much of somebody at each cell is hidden. */
  get cover() {
    return this.cells.cover;
  }

  /** @param {string} channelId @returns {number} -1 if it has none */
  placeOf(channelId) {
    return this.#places.get(channelId) ?? NONE;
  }

  /** @param {number} slot @param {number} delay steps until the next thought */
  think(slot, delay) {
    this.due[slot] = this.tick + Math.max(1, Math.round(delay));
  }

  /** Puts somebody at a place, or anywhere. @param {number} slot @param {number} place */
  station(slot, place) {
    const cell = place >= 0 ? this.cells.room(place, slot) : this.cells.clearing(slot);
    this.put(slot, cell);
    this.goal[slot] = place >= 0 ? place : NONE;
    this.target[slot] = cell;
    this.state[slot] = STAND;
    this.settle(slot, this.members[slot]?.status === 'idle' ? DOZE : STAND);
    if (place < 0) this.think(slot, RATE * (1 + 12 * this.dice.next()));
  }

  /**
   * Comes to rest where one is.
   *
   * @param {number} slot
   * @param {number} pose
   * @returns {void}
   */
  settle(slot, pose) {
    const goal = this.goal[slot];
    if (goal < 0) {
      this.state[slot] = pose;
      this.#greet(slot);
      return this.think(slot, RATE * (4 + 14 * this.dice.next()));
    }
    const { thing, cell } = this.land.places[goal];
    this.state[slot] = thing === 'fire' ? SIT : STAND;
    if (this.cells.boards(slot, goal).includes(this.cell[slot])) this.facing[slot] = TO_VIEWER;
    else this.look(slot, cell);
    this.think(slot, RATE * (3 + 5 * this.dice.next()));
  }

  /** Looks at whoever is near, or somewhere. @param {number} slot */
  #greet(slot) {
    const cell = this.cell[slot];
    const start = (this.dice.next() * 8) | 0;
    for (let i = 0; i < 8; i++) {
      const { dx, dy } = STEPS[(start + i) % 8];
      for (let far = 1; far <= 2; far++) {
        if (this.cells.holder[cell + far * (dy * this.land.side + dx)] > NONE) {
          this.facing[slot] = (start + i) % 8;
          return;
        }
      }
    }
    this.facing[slot] = start;
  }

  /** @param {number} slot @param {number} cell */
  look(slot, cell) {
    const { side } = this.land;
    const from = this.cell[slot];
    const dx = (cell % side) - (from % side);
    const dy = ((cell / side) | 0) - ((from / side) | 0);
    if (dx || dy) this.facing[slot] = Math.round((Math.atan2(dy, dx) * 4) / Math.PI + 8) % 8;
  }

  /** Lets somebody be at a free cell, at once. @param {number} slot @param {number} cell */
  put(slot, cell) {
    this.cells.move(slot, cell);
    this.out.add(slot);
    this.cell[slot] = this.from[slot] = cell;
  }

  /** Goes to bed, or home. @param {number} slot */
  sleep(slot) {
    this.vacate(slot);
    this.state[slot] = TENT;
    this.goal[slot] = NONE;
    this.cell[slot] = this.from[slot] = this.#bedOf(slot);
  }

  /** Leaves the cell or the tent where one is. @param {number} slot */
  vacate(slot) {
    this.cells.leave(slot);
    this.out.delete(slot);
    this.leaveTent(slot);
  }

  /** Forgets somebody. @param {number} slot */
  drop(slot) {
    if (slot < 0) return;
    this.vacate(slot);
    this.homes?.moveOut(slot, this.home[slot]);
    this.exit(slot);
  }

  /** @param {number} slot */
  leaveTent(slot) {
    if (this.tent[slot] !== NONE) this.sleepers[this.tent[slot]] -= 1;
    this.tent[slot] = NONE;
  }

  /** The cell that somebody sleeps at. @param {number} slot */
  #bedOf(slot) {
    const { houses, tents, pier } = this.land;
    const home = this.home[slot];
    if (!this.#camps(slot)) return houses[home < 0 ? this.self[slot] % houses.length : home].cell;
    if (!tents.length) return pier[0];
    const tent = this.tent[slot] = this.self[slot] % tents.length;
    this.sleepers[tent] += 1;
    return tents[tent];
  }
}
