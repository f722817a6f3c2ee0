/**
 * Where everyone is and what they do. Sixty steps a second, pure, seeded: the same calls give the same crowd.
 *
 * Each person holds one cell, and while hopping the one they hop to: so nobody ever stands on another.
 * Only who moves costs time; who stands is looked at when their next thought is due.
 *
 * @typedef {import('./roster.js').Member} Member
 * @typedef {import('./terrain.js').Terrain} Terrain
 */

import { Ferry } from './ferry.js';
import { hash, mix } from './random.js';
import { NOWHERE, Routes, STEPS, passes } from './routes.js';
import { PLANKS } from './terrain.js';

export const RATE = 60; // steps a second

/** What somebody is doing. */
export const GONE = 0;
export const STAND = 1;
export const WALK = 2;
export const SIT = 3;
export const DOZE = 4;
export const TENT = 5;
export const ABOARD = 6;

const NOBODY = -1;
const NONE = -1; // no destination
const STROLL = -2;

const HOP = 17; // steps for a hop to the next cell
const FADE = 40; // steps for vanishing here and appearing there
const STAY = 100 * RATE; // how long who wrote stays at the place
const TALK = 3 * RATE;
const WHEEL = 1024;
const PATIENCE = 5; // tries before who is in the way is asked to swap
const WEAR_EVERY = 64; // steps between looks at a part of the ground that grows back
const WEAR_PER_HOP = 12;

/** Ground is worn when it has been walked on this often, times `WEAR_PER_HOP`. */
export const WORN = 90;

export class Sim {
  land;
  routes;
  ferry;
  tick = 0;
  /** People fade from place to place rather than walk. */
  reducedMotion = false;
  /** Cells whose wear has crossed a threshold since last asked. @type {number[]} */
  trodden = [];

  // Of each person, by slot:
  state = new Uint8Array(0);
  cell = new Int32Array(0);
  /** The cell that a hop began at. */
  from = new Int32Array(0);
  /** How far a hop has come, from 0 to 1. */
  hop = new Float32Array(0);
  /** Whether a hop is a fade. */
  fading = new Uint8Array(0);
  /** Where they look: an index into `STEPS`. */
  facing = new Uint8Array(0);
  /** Where they are going or have come to: a destination of `routes`, or none. */
  goal = new Int32Array(0);
  /** The cell that a stroll ends at. */
  target = new Int32Array(0);
  /** How often the way was blocked. */
  tries = new Uint8Array(0);
  /** When they think again. */
  due = new Float64Array(0);
  stayUntil = new Float64Array(0);
  talkUntil = new Float64Array(0);
  /** Whether they are on their way off the island. */
  leaving = new Uint8Array(0);
  /** A number of their own: for looks, and so that no two are in step. */
  self = new Uint32Array(0);
  tent = new Int32Array(0);

  /** @type {Map<string, number>} */
  #slots = new Map();
  /** @type {number[]} */
  #free = [];
  #size = 0;
  #random;
  /** @type {number[][]} */
  #wheel = Array.from({ length: WHEEL }, () => []);
  #moving = new Int32Array(0);
  #movers = 0;
  /** Cells away from places, in an order of chance. */
  #meadow;
  #grown = 0;

  /** @param {Terrain} land */
  constructor(land) {
    this.land = land;
    this.routes = new Routes(land);
    this.ferry = new Ferry(this);
    this.#random = land.seed || 1;
    const count = land.side * land.side;
    /** Who holds a cell. */
    this.holder = new Int32Array(count).fill(NOBODY);
    this.wear = new Uint16Array(count);
    /** How many sleep in each tent. */
    this.sleepers = new Uint16Array(land.tents.length);
    /** When somebody last wrote at each place. */
    this.spoken = new Float64Array(land.places.length).fill(-Infinity);
    const meadow = [];
    for (let cell = 0; cell < count; cell++) {
      if (land.open[cell] && !land.zone[cell] && land.ground[cell] !== PLANKS) meadow.push(cell);
    }
    this.#meadow = Int32Array.from(meadow.length ? meadow : [...land.open.keys()].filter((cell) => land.open[cell]));
    /** @type {(string | undefined)[]} */
    this.uids = [];
    /** @type {(Member | undefined)[]} */
    this.members = [];
  }

  /** One more than the highest slot in use. */
  get size() {
    return this.#size;
  }

  get people() {
    return this.#slots.size;
  }

  /** @param {string} uid @returns {number} a slot, or -1 */
  slotOf(uid) {
    return this.#slots.get(uid) ?? -1;
  }

  uidsPresent() {
    return this.#slots.keys();
  }

  #makeRoom() {
    const more = Math.max(64, this.state.length * 2);
    /** @template {Uint8Array | Int32Array | Uint32Array | Float32Array | Float64Array} T @param {T} list @returns {T} */
    const longer = (list) => {
      const Kind = /** @type {new (length: number) => T} */ (list.constructor);
      const copy = new Kind(more);
      copy.set(list);
      return copy;
    };
    this.state = longer(this.state);
    this.cell = longer(this.cell);
    this.from = longer(this.from);
    this.hop = longer(this.hop);
    this.fading = longer(this.fading);
    this.facing = longer(this.facing);
    this.goal = longer(this.goal);
    this.target = longer(this.target);
    this.tries = longer(this.tries);
    this.due = longer(this.due);
    this.stayUntil = longer(this.stayUntil);
    this.talkUntil = longer(this.talkUntil);
    this.leaving = longer(this.leaving);
    this.self = longer(this.self);
    this.tent = longer(this.tent);
    this.#moving = longer(this.#moving);
  }

  #chance() {
    this.#random = (this.#random + 0x9e3779b9) >>> 0;
    return mix(this.#random) / 0x100000000;
  }

  // ── who is here ─────────────────────────────────────────────────────────

  /**
   * Somebody is here, or comes.
   *
   * @param {Member} member
   * @param {boolean} byBoat
   */
  add(member, byBoat = false) {
    if (this.#slots.has(member.uid)) return this.change(member);
    const slot = this.#free.pop() ?? this.#size++;
    if (slot >= this.state.length) this.#makeRoom();
    this.#slots.set(member.uid, slot);
    this.uids[slot] = member.uid;
    this.members[slot] = member;
    this.self[slot] = hash(member.uid);
    this.cell[slot] = this.from[slot] = this.tent[slot] = NOBODY;
    this.goal[slot] = NONE;
    this.hop[slot] = this.leaving[slot] = this.fading[slot] = this.tries[slot] = 0;
    this.stayUntil[slot] = this.talkUntil[slot] = -Infinity;
    this.facing[slot] = this.self[slot] % 8;
    if (member.status === 'offline') return this.#sleep(slot);
    if (byBoat && !this.reducedMotion && this.ferry.bring(slot)) {
      this.state[slot] = ABOARD;
      return;
    }
    this.#land(slot, this.#placeFor(member));
  }

  /** @param {string} uid */
  remove(uid) {
    const slot = this.slotOf(uid);
    if (slot < 0 || this.leaving[slot]) return;
    this.leaving[slot] = 1;
    if (this.state[slot] === ABOARD && this.ferry.turnBack(slot)) return this.drop(slot);
    if (this.state[slot] === TENT || this.reducedMotion || !this.ferry.take()) return this.drop(slot);
    this.#head(slot, this.routes.pier);
  }

  /** What is known of somebody changed. @param {Member} member */
  change(member) {
    const slot = this.slotOf(member.uid);
    if (slot < 0) return;
    const before = this.members[slot];
    this.members[slot] = member;
    if (this.leaving[slot]) {
      this.leaving[slot] = 0; // came back before the boat went
      this.ferry.stay(slot);
    }
    if (this.state[slot] === ABOARD) return;
    const place = this.#placeFor(member);
    if (member.status === 'offline' && place < 0) {
      if (before?.status !== 'offline') this.#retire(slot);
    } else if (this.state[slot] === TENT) {
      this.#rise(slot, place);
    } else if (place >= 0 && place !== this.goal[slot]) {
      this.#head(slot, place);
    } else if (before?.voice?.channelId && place < 0) {
      this.#idle(slot);
    } else if (before?.status !== member.status) {
      this.#think(slot, 1);
    }
  }

  /** Somebody wrote at a place. @param {string} uid @param {number} place */
  say(uid, place) {
    const slot = this.slotOf(uid);
    this.spoken[place] = this.tick;
    if (slot < 0 || this.leaving[slot]) return;
    this.talkUntil[slot] = this.tick + TALK;
    if (this.state[slot] === TENT) this.#rise(slot, place);
    else if (this.state[slot] !== ABOARD && this.#placeFor(this.members[slot]) < 0 && this.goal[slot] !== place) this.#head(slot, place);
    this.stayUntil[slot] = this.tick + STAY * (0.8 + 0.4 * this.#chance());
  }

  /** Which place somebody is bound to by a voice channel. @param {Member | undefined} member */
  #placeFor(member) {
    const channel = member?.voice?.channelId;
    return channel ? this.land.places.findIndex(({ id }) => id === channel) : NONE;
  }

  // ── time ────────────────────────────────────────────────────────────────

  step() {
    this.tick += 1;
    const due = this.#wheel[this.tick % WHEEL];
    if (due.length) {
      this.#wheel[this.tick % WHEEL] = [];
      for (const slot of due) {
        if (this.due[slot] === this.tick) this.#wake(slot);
        else if (this.due[slot] > this.tick) this.#wheel[this.due[slot] % WHEEL].push(slot);
      }
    }
    for (let i = this.#movers - 1; i >= 0; i--) this.#move(this.#moving[i], i);
    this.ferry.step();
    if (this.tick % WEAR_EVERY === 0) this.#growBack();
  }

  /** Catches up with time that nobody watched: everyone is where they were going. @param {number} seconds */
  skip(seconds) {
    this.tick += Math.round(seconds * RATE);
    while (this.#movers) this.#stop(this.#moving[this.#movers - 1]);
    this.ferry.skip();
    for (const list of this.#wheel) list.length = 0;
    for (const slot of this.#slots.values()) {
      if (this.leaving[slot]) {
        this.drop(slot);
        continue;
      }
      if (this.state[slot] === TENT) continue;
      const goal = this.goal[slot];
      this.hop[slot] = 0;
      this.fading[slot] = 0;
      if (goal === this.routes.camp) this.#sleep(slot);
      else if (goal >= 0 && this.#isWanted(slot)) this.#land(slot, goal);
      else this.#settle(slot, STAND);
    }
    for (let cell = 0; cell < this.wear.length; cell++) {
      if (this.wear[cell]) this.#fadeWear(cell, Math.round(seconds / 20));
    }
  }

  #growBack() {
    const span = Math.ceil(this.wear.length / 32);
    for (let i = 0; i < span; i++) {
      const cell = (this.#grown + i) % this.wear.length;
      if (this.wear[cell]) this.#fadeWear(cell, 2);
    }
    this.#grown = (this.#grown + span) % this.wear.length;
  }

  /** @param {number} cell @param {number} by */
  #fadeWear(cell, by) {
    const before = this.wearAt(cell);
    this.wear[cell] = Math.max(0, this.wear[cell] - by);
    if (this.wearAt(cell) !== before) this.trodden.push(cell);
  }

  /** How worn a cell is, from 0 to 3. @param {number} cell */
  wearAt(cell) {
    return Math.min(3, (this.wear[cell] / WORN) | 0);
  }

  // ── what they do ────────────────────────────────────────────────────────

  /** @param {number} slot */
  #isWanted(slot) {
    return this.stayUntil[slot] > this.tick || this.#placeFor(this.members[slot]) === this.goal[slot]
      || this.goal[slot] >= this.land.places.length;
  }

  /** @param {number} slot @param {number} delay steps until the next thought */
  #think(slot, delay) {
    const due = this.tick + Math.max(1, Math.round(delay));
    this.due[slot] = due;
    this.#wheel[due % WHEEL].push(slot);
  }

  /** @param {number} slot */
  #wake(slot) {
    const state = this.state[slot];
    if (state === GONE || state === TENT || state === ABOARD || state === WALK) return;
    const goal = this.goal[slot];
    if (goal >= 0) {
      if (!this.#isWanted(slot)) this.#idle(slot);
      else if (!this.#advance(slot, true)) this.#settle(slot, state);
      return;
    }
    const status = this.members[slot]?.status;
    if (status === 'idle') {
      this.state[slot] = DOZE;
      this.#think(slot, RATE * (20 + 40 * this.#chance()));
    } else {
      const restless = status === 'dnd' ? 0.15 : 0.7;
      if (this.#chance() < restless || this.land.zone[this.cell[slot]]) this.#stroll(slot);
      else this.#settle(slot, STAND);
    }
  }

  /** Nothing to do here any longer. @param {number} slot */
  #idle(slot) {
    this.goal[slot] = NONE;
    if (this.state[slot] !== WALK) {
      this.state[slot] = STAND;
      this.#think(slot, RATE * this.#chance());
    }
  }

  /** Sets out for a destination. @param {number} slot @param {number} destination */
  #head(slot, destination) {
    this.goal[slot] = destination;
    this.tries[slot] = 0;
    if (this.reducedMotion) return this.#fadeTo(slot, destination);
    if (this.state[slot] === WALK) return;
    if (!this.#advance(slot, false)) this.#settle(slot, STAND);
  }

  /** @param {number} slot */
  #stroll(slot) {
    const { side, open, zone, ground } = this.land;
    const cell = this.cell[slot];
    const far = 3 + 6 * this.#chance();
    const angle = this.#chance() * 2 * Math.PI;
    const to = cell + Math.round(Math.sin(angle) * far) * side + Math.round(Math.cos(angle) * far);
    if (!open[to] || zone[to] || ground[to] === PLANKS || this.reducedMotion) return this.#settle(slot, STAND);
    this.goal[slot] = STROLL;
    this.target[slot] = to;
    this.tries[slot] = 0;
    if (!this.#advance(slot, false)) this.#settle(slot, STAND);
  }

  /**
   * Comes to rest where one is.
   *
   * @param {number} slot
   * @param {number} pose
   */
  #settle(slot, pose) {
    const goal = this.goal[slot];
    if (goal === STROLL) this.goal[slot] = NONE;
    if (goal >= 0 && goal < this.land.places.length) {
      const { thing, cell } = this.land.places[goal];
      this.state[slot] = thing === 'fire' ? SIT : STAND;
      this.#look(slot, cell);
      this.#think(slot, RATE * (3 + 5 * this.#chance()));
    } else {
      this.state[slot] = goal >= 0 ? STAND : pose === WALK ? STAND : pose;
      if (goal < 0) this.#greet(slot);
      this.#think(slot, goal >= 0 ? 20 : RATE * (4 + 14 * this.#chance()));
    }
  }

  /** Looks at whoever is near, or somewhere. @param {number} slot */
  #greet(slot) {
    const cell = this.cell[slot];
    const start = (this.#chance() * 8) | 0;
    for (let i = 0; i < 8; i++) {
      const { dx, dy } = STEPS[(start + i) % 8];
      for (let far = 1; far <= 2; far++) {
        if (this.holder[cell + far * (dy * this.land.side + dx)] > NOBODY) {
          this.facing[slot] = (start + i) % 8;
          return;
        }
      }
    }
    this.facing[slot] = start;
  }

  /** @param {number} slot @param {number} cell */
  #look(slot, cell) {
    const { side } = this.land;
    const dx = (cell % side) - (this.cell[slot] % side);
    const dy = ((cell / side) | 0) - ((this.cell[slot] / side) | 0);
    if (dx || dy) this.facing[slot] = Math.round((Math.atan2(dy, dx) * 4) / Math.PI + 8) % 8;
  }

  /**
   * Takes the next step on one's way, if there is one.
   *
   * @param {number} slot
   * @param {boolean} content whether one has arrived already, and would only come closer
   */
  #advance(slot, content) {
    const goal = this.goal[slot];
    return goal >= 0 ? this.#follow(slot, this.routes.to(goal), content) : goal === STROLL && this.#approach(slot);
  }

  /**
   * Down a field: to a free cell that is nearer; else around; else past whoever is in the way.
   *
   * @param {number} slot
   * @param {Uint16Array} field
   * @param {boolean} content
   */
  #follow(slot, field, content) {
    const { land, holder } = this;
    const cell = this.cell[slot];
    const here = field[cell];
    if (!here || here === NOWHERE) return false;
    let best = -1;
    let bestFar = here;
    let aside = -1;
    let other = NOBODY;
    const turn = slot & 1 ? 1 : 7;
    for (let i = 0, direction = this.facing[slot]; i < 8; i++, direction = (direction + turn) % 8) {
      if (!passes(land, cell, direction)) continue;
      const to = cell + STEPS[direction].dy * land.side + STEPS[direction].dx;
      const far = field[to];
      if (holder[to] === NOBODY) {
        if (far < bestFar) [best, bestFar] = [direction, far];
        else if (far <= here + 1 && aside < 0 && i < 4) aside = direction;
      } else if (far < here && other < 0) {
        other = holder[to];
      }
    }
    if (best >= 0) {
      this.tries[slot] = Math.max(0, this.tries[slot] - 1);
      return this.#start(slot, best);
    }
    if (content) return false;
    if (this.goal[slot] < land.places.length && here < 90 && other >= 0 && this.#isSettledWith(other, slot)) {
      if (aside >= 0 && here < 16 && this.tries[slot] < 8) {
        this.tries[slot] += 1;
        return this.#start(slot, aside);
      }
      return false; // the crowd begins here
    }
    this.tries[slot] += 1;
    if (aside >= 0 && this.tries[slot] <= PATIENCE) return this.#start(slot, aside);
    if (other >= 0 && this.tries[slot] > 2) return this.#swap(slot, other);
    return false;
  }

  /** @param {number} other @param {number} slot */
  #isSettledWith(other, slot) {
    return this.goal[other] === this.goal[slot] && this.state[other] !== WALK && !this.leaving[other];
  }

  /** Straight towards a cell, as far as the way is free. @param {number} slot */
  #approach(slot) {
    const { side } = this.land;
    const cell = this.cell[slot];
    const tx = this.target[slot] % side;
    const ty = (this.target[slot] / side) | 0;
    const x = cell % side;
    const y = (cell / side) | 0;
    let best = -1;
    let bestFar = Math.hypot(tx - x, ty - y);
    for (let direction = 0; direction < 8; direction++) {
      const { dx, dy } = STEPS[direction];
      const far = Math.hypot(tx - x - dx, ty - y - dy);
      const to = cell + dy * side + dx;
      if (far >= bestFar || this.holder[to] !== NOBODY || this.land.zone[to] || !passes(this.land, cell, direction)) continue;
      [best, bestFar] = [direction, far];
    }
    return best >= 0 && this.#start(slot, best);
  }

  /** Two pass each other. @param {number} slot @param {number} other */
  #swap(slot, other) {
    if (this.state[other] === WALK || this.fading[other]) return false;
    const mine = this.cell[slot];
    const theirs = this.cell[other];
    this.#jump(slot, theirs);
    this.#jump(other, mine);
    this.holder[theirs] = slot;
    this.holder[mine] = other;
    this.tries[slot] = 0;
    return true;
  }

  /** @param {number} slot @param {number} direction */
  #start(slot, direction) {
    const { dx, dy } = STEPS[direction];
    const cell = this.cell[slot];
    const to = cell + dy * this.land.side + dx;
    this.holder[cell] = NOBODY;
    this.holder[to] = slot;
    this.#jump(slot, to);
    return true;
  }

  /** @param {number} slot @param {number} to */
  #jump(slot, to) {
    const goal = this.goal[slot];
    this.#look(slot, this.cell[slot] + (to - this.cell[slot]));
    this.from[slot] = this.cell[slot];
    this.#face(slot, to);
    this.cell[slot] = to;
    this.hop[slot] = 0;
    if (goal === NONE) this.target[slot] = to;
    if (this.state[slot] !== WALK) {
      this.state[slot] = WALK;
      this.#moving[this.#movers++] = slot;
    }
  }

  /** @param {number} slot @param {number} to */
  #face(slot, to) {
    const { side } = this.land;
    const dx = (to % side) - (this.cell[slot] % side);
    const dy = ((to / side) | 0) - ((this.cell[slot] / side) | 0);
    const found = STEPS.findIndex((step) => step.dx === dx && step.dy === dy);
    if (found >= 0) this.facing[slot] = found;
  }

  /** @param {number} slot @param {number} index where it is among those who move */
  #move(slot, index) {
    const long = this.fading[slot] ? FADE : this.facing[slot] & 1 ? HOP + 5 : HOP;
    this.hop[slot] += 1 / long;
    if (this.hop[slot] < 1) return;
    this.hop[slot] = 0;
    this.#tread(this.cell[slot]);
    if (!this.fading[slot] && this.goal[slot] !== NONE && this.#wantsOn(slot) && this.#advance(slot, false)) return;
    this.#moving[index] = this.#moving[--this.#movers];
    this.fading[slot] = 0;
    this.from[slot] = this.cell[slot];
    this.state[slot] = STAND;
    this.#arrive(slot);
  }

  /** @param {number} slot */
  #wantsOn(slot) {
    return this.goal[slot] === STROLL || this.leaving[slot] === 1 || this.#isWanted(slot);
  }

  /** @param {number} slot */
  #arrive(slot) {
    const goal = this.goal[slot];
    const here = goal >= 0 ? this.routes.to(goal)[this.cell[slot]] : 1;
    if (goal === this.routes.camp && here < 6) return this.#sleep(slot);
    if (this.leaving[slot]) {
      if (here < 12 && this.ferry.board(slot)) {
        this.#vacate(slot);
        this.state[slot] = ABOARD;
      } else {
        this.#think(slot, 15);
      }
      return;
    }
    this.#settle(slot, STAND);
  }

  /** @param {number} cell */
  #tread(cell) {
    const before = this.wearAt(cell);
    this.wear[cell] = Math.min(WORN * 5, this.wear[cell] + WEAR_PER_HOP);
    if (this.wearAt(cell) !== before) this.trodden.push(cell);
  }

  /** @param {number} slot */
  #stop(slot) {
    for (let i = 0; i < this.#movers; i++) {
      if (this.#moving[i] !== slot) continue;
      this.#moving[i] = this.#moving[--this.#movers];
      break;
    }
    this.hop[slot] = 0;
    this.from[slot] = this.cell[slot];
    if (this.state[slot] === WALK) this.state[slot] = STAND;
  }

  // ── appearing and disappearing ──────────────────────────────────────────

  /** Puts somebody at a place, or anywhere. @param {number} slot @param {number} place */
  #land(slot, place) {
    const cell = place >= 0 ? this.#room(place, slot) : this.#clearing(slot);
    this.#vacate(slot);
    this.cell[slot] = this.from[slot] = cell;
    this.holder[cell] = slot;
    this.goal[slot] = place >= 0 ? place : NONE;
    this.state[slot] = STAND;
    this.#settle(slot, this.members[slot]?.status === 'idle' ? DOZE : STAND);
    if (place < 0) this.#think(slot, RATE * (1 + 12 * this.#chance()));
  }

  /** Steps ashore. @param {number} slot */
  disembark(slot) {
    const { pier } = this.land;
    const cell = pier[pier.length - 1];
    if (this.holder[cell] !== NOBODY) return false;
    this.cell[slot] = this.from[slot] = cell;
    this.holder[cell] = slot;
    this.state[slot] = STAND;
    const place = this.#placeFor(this.members[slot]);
    this.goal[slot] = STROLL;
    this.target[slot] = this.#clearing(slot);
    this.tries[slot] = 0;
    if (this.members[slot]?.status === 'offline') this.#retire(slot);
    else if (place >= 0) this.#head(slot, place);
    else if (!this.#advance(slot, false)) this.#settle(slot, STAND);
    return true;
  }

  /** Comes ashore without having been watched. @param {number} slot */
  putAshore(slot) {
    this.state[slot] = STAND;
    if (this.members[slot]?.status === 'offline') this.#sleep(slot);
    else this.#land(slot, this.#placeFor(this.members[slot]));
  }

  /** A free cell around a place, as near as there is one. @param {number} place @param {number} slot */
  #room(place, slot) {
    const field = this.routes.to(place);
    const { side, open, places } = this.land;
    const { x, y } = places[place];
    for (let reach = 2; reach < side; reach += 2) {
      let best = -1;
      let bestFar = NOWHERE;
      for (let dy = -reach; dy <= reach; dy++) {
        for (let dx = -reach; dx <= reach; dx++) {
          const cell = (y + dy) * side + x + dx;
          if (x + dx < 0 || x + dx >= side || !open[cell] || (this.holder[cell] !== NOBODY && this.holder[cell] !== slot)) continue;
          const far = field[cell] * 8 + (mix(this.self[slot], cell) & 7);
          if (far < bestFar) [best, bestFar] = [cell, far];
        }
      }
      if (best >= 0) return best;
    }
    return this.#clearing(slot);
  }

  /** A free cell somewhere. @param {number} slot */
  #clearing(slot) {
    const meadow = this.#meadow;
    const start = mix(this.self[slot], this.land.seed) % meadow.length;
    for (let i = 0; i < meadow.length; i++) {
      const cell = meadow[(start + i * 7919) % meadow.length];
      if (this.holder[cell] === NOBODY) return cell;
    }
    const cell = this.land.open.findIndex((one, at) => one && this.holder[at] === NOBODY);
    if (cell < 0) throw new Error('the island is full');
    return cell;
  }

  /** @param {number} slot */
  #vacate(slot) {
    if (this.state[slot] === WALK) this.#stop(slot);
    const cell = this.cell[slot];
    if (cell >= 0 && this.holder[cell] === slot) this.holder[cell] = NOBODY;
  }

  /** @param {number} slot @param {number} destination */
  #fadeTo(slot, destination) {
    if (destination === this.routes.camp) return this.#sleep(slot);
    const to = destination < this.land.places.length ? this.#room(destination, slot) : this.#clearing(slot);
    if (to === this.cell[slot]) return this.#settle(slot, STAND);
    const from = this.cell[slot];
    this.#vacate(slot);
    this.holder[to] = slot;
    this.fading[slot] = 1;
    this.#jump(slot, to);
    this.from[slot] = from;
  }

  /** Goes to bed. @param {number} slot */
  #retire(slot) {
    if (!this.land.tents.length) return this.#sleep(slot);
    this.#head(slot, this.routes.camp);
  }

  /** @param {number} slot */
  #sleep(slot) {
    this.#vacate(slot);
    const { tents, pier } = this.land;
    this.state[slot] = TENT;
    this.goal[slot] = NONE;
    this.tent[slot] = tents.length ? this.self[slot] % tents.length : NOBODY;
    if (tents.length) this.sleepers[this.tent[slot]] += 1;
    this.cell[slot] = this.from[slot] = tents.length ? tents[this.tent[slot]] : pier[0];
  }

  /** Gets up. @param {number} slot @param {number} place */
  #rise(slot, place) {
    const { side } = this.land;
    const tent = this.cell[slot];
    this.#leaveTent(slot);
    const door = [tent + 1, tent + side, tent + side + 1, tent - 1, tent - side].find(
      (cell) => this.land.open[cell] && this.holder[cell] === NOBODY,
    ) ?? this.#clearing(slot);
    this.cell[slot] = this.from[slot] = door;
    this.holder[door] = slot;
    this.state[slot] = STAND;
    this.goal[slot] = NONE;
    if (place >= 0) this.#head(slot, place);
    else this.#think(slot, RATE);
  }

  /** @param {number} slot */
  #leaveTent(slot) {
    if (this.tent[slot] !== NOBODY) this.sleepers[this.tent[slot]] -= 1;
    this.tent[slot] = NOBODY;
  }

  /** Forgets somebody. @param {number} slot */
  drop(slot) {
    this.#vacate(slot);
    this.#leaveTent(slot);
    this.#slots.delete(this.uids[slot] ?? '');
    this.uids[slot] = this.members[slot] = undefined;
    this.state[slot] = GONE;
    this.leaving[slot] = 0;
    this.due[slot] = 0;
    this.#free.push(slot);
  }
}
