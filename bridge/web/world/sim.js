/**
 * Where everyone is and what they do. Sixty steps a second, pure, seeded: the same calls give the same crowd.
 *
 * Each person holds one cell, and while hopping the one they hop to: so nobody ever stands on another.
 * Only who moves costs time; who stands is looked at when their next thought is due.
 *
 * @typedef {import('../guild/people.js').Member} Member
 * @typedef {import('./terrain.js').Terrain} Terrain
 */

import { ABOARD, DOZE, GONE, NONE, RATE, STAND, TENT, WALK } from './crowd.js';
import { Ferry } from './ferry.js';
import { Gait, STROLL, setOff } from './gait.js';
import { doorsOf } from './routes.js';
import { MOST_OUT, Settlement } from './settlement.js';
import { through } from './slices.js';
import { PLANKS, STEPS } from './terrain.js';
import { Wear } from './wear.js';
import { Wheel } from './wheel.js';

const OWED = 0.25; // seconds behind, up to which it runs to catch up
const UNWATCHED = 2; // seconds, from which on it skips what nobody watched
const AT_ONCE = 32; // people, of all that are there

// How somebody fades.
const MOVING = 1;
const APPEARING = 2;
const VANISHING = 3;

const HOP = 17; // steps for a hop to the next cell
const SLANTING = 22; // the same, across a corner
const FADE = 40; // steps for vanishing here and appearing there
const STAY = 100 * RATE; // how long who wrote stays at the place
const TALK = 3 * RATE;
const ON_PIER = 16; // as far from the boat, by the field's measure, one can step in
const LEAST_OUT = 24; // people out of doors in a town, as long as nothing happens
const A_WALK = [30 * RATE, 90 * RATE]; // how long somebody is out for no other reason
const A_SIT = 120 * RATE;
const A_BREATH = 2 * RATE; // steps between two who go out for that
const EAGER = 6; // cells that are thought of, before somebody stays after all
const CHOICES = 16; // of where to stay, before one takes what there is
const FEW_CHOICES = 4; // the same, where it is crowded

export class Sim extends Settlement {
  /** @override */
  ferry = new Ferry(this);
  /** @override */
  wear = new Wear(this.land.open.length);
  #gait = new Gait(this.land, this.routes, this.cells, this);
  #wheel = new Wheel();
  /** Seconds that it is behind. */
  #owed = 0;
  /** Where one steps ashore: the end of the pier first. */
  #quay;

  /** @param {Terrain} land @param {Settlement | null} [before] the one that this one replaces */
  constructor(land, before = null) {
    super(land, before);
    const [shore] = land.pier;
    this.#quay = [...land.pier.slice().reverse(), ...STEPS.map(({ dx, dy }) => shore + dy * land.side + dx).filter((cell) => land.open[cell])];
  }

  // ── who is here ─────────────────────────────────────────────────────────

  /**
   * Somebody is here, or comes.
   *
   * @param {Member} member
   * @param {boolean} [byBoat]
   * @param {number} [wish] the house that was theirs
   * @override
   */
  add(member, byBoat = false, wish = NONE) {
    if (this.slots.has(member.uid)) return this.change(member);
    const slot = this.settleDown(member, wish);
    if (byBoat && member.status !== 'offline' && !this.reducedMotion && this.ferry.bring(slot)) {
      this.state[slot] = ABOARD;
    } else if (this.lodge(slot) && byBoat) {
      this.#fade(slot, APPEARING);
    }
  }

  /** Somebody is one of those from now on. @param {string} uid */
  forget(uid) {
    const slot = this.slotOf(uid);
    if (slot < 0 || this.leaving[slot]) return;
    if (this.state[slot] === ABOARD) this.ferry.forget(slot);
    if (this.state[slot] === TENT || this.state[slot] === ABOARD) return this.drop(slot);
    this.leaving[slot] = 1;
    this.#fade(slot, VANISHING);
  }

  /** Somebody leaves: by boat if they can. @param {string} uid */
  remove(uid) {
    const slot = this.slotOf(uid);
    if (slot < 0 || this.leaving[slot]) return;
    if (this.state[slot] === TENT) return this.drop(slot);
    if (this.state[slot] === ABOARD) {
      this.ferry.forget(slot);
      return this.drop(slot);
    }
    this.leaving[slot] = 1;
    if (this.reducedMotion || !this.ferry.expect(slot)) this.#fade(slot, VANISHING);
    else this.#head(slot, this.routes.pier);
  }

  /** What is known of somebody changed. @param {Member} member */
  change(member) {
    const slot = this.slotOf(member.uid);
    if (slot < 0) return;
    const before = this.members[slot];
    this.members[slot] = member;
    if (this.homes && before) this.#redecorate(slot, this.homes, before, member);
    if (this.leaving[slot]) this.#return(slot);
    if (this.state[slot] === ABOARD) return;
    const place = this.placeFor(member);
    if (member.status === 'offline' && place < 0) {
      if (before?.status !== 'offline') this.#retire(slot);
    } else if (this.state[slot] === TENT) {
      if (!this.isTown || place >= 0) this.#rise(slot, place);
      else if (before?.status !== member.status) this.stir(member.uid);
    } else if (place >= 0 && place !== this.goal[slot]) {
      this.#head(slot, place);
    } else if (before?.voice?.channelId && place < 0) {
      this.#idle(slot);
    } else if (before?.status !== member.status || before?.voice?.speaker !== member.voice?.speaker) {
      this.think(slot, 1);
    }
  }

  /** What is known of somebody shows in their window. @param {number} slot @param {import('./homes.js').Homes} homes @param {Member} before @param {Member} member */
  #redecorate(slot, homes, before, member) {
    if (before.color !== member.color || (before.fresh !== member.fresh && !this.isTown)) {
      homes.moveOut(slot, this.home[slot]);
      this.moveIn(slot);
      if (this.state[slot] === TENT) this.sleep(slot);
    } else if (before.status !== member.status) {
      homes.stale.add(this.home[slot]);
    }
  }

  /** Somebody does something, or is looked for: they come out for a while. @param {string} uid @param {boolean} [isSought] */
  stir(uid, isSought = false) {
    const slot = this.slotOf(uid);
    if (!this.isTown || slot < 0 || this.leaving[slot]) return;
    if (this.state[slot] === TENT) {
      if (!isSought && this.out.size >= MOST_OUT / 2) return;
      if (!this.#rise(slot, NONE)) return;
    }
    const [least, most] = A_WALK;
    this.stayUntil[slot] = Math.max(this.stayUntil[slot], this.tick + least + (most - least) * this.dice.next());
  }

  /**
   * Who is on a walk for no reason stops for what they do; who has somewhere to be goes on.
   *
   * @param {string} uid
   * @param {boolean} sits whether they sit down once they stand: for a while, or until they have a reason to go
   */
  pause(uid, sits) {
    const slot = this.slotOf(uid);
    this.sitsUntil[slot] = sits ? this.tick + A_SIT : -Infinity;
    if (this.goal[slot] === STROLL) this.target[slot] = this.cell[slot];
  }

  /** Came back before the boat went. @param {number} slot */
  #return(slot) {
    this.leaving[slot] = 0;
    this.ferry.stay(slot);
    if (this.fading[slot] === VANISHING) this.fading[slot] = APPEARING;
    if (this.state[slot] !== ABOARD) this.#idle(slot);
  }

  /** Somebody wrote at a place, or where none is: then they talk where they are. @param {string} uid @param {number} place */
  say(uid, place) {
    const slot = this.slotOf(uid);
    if (place >= 0) this.spoken[place] = this.tick;
    if (slot < 0 || this.leaving[slot]) return;
    this.talkUntil[slot] = this.tick + TALK;
    if (this.state[slot] === TENT) this.#rise(slot, place);
    else if (place >= 0 && this.state[slot] !== ABOARD && this.placeFor(this.members[slot]) < 0 && this.goal[slot] !== place) this.#head(slot, place);
    this.stayUntil[slot] = this.tick + STAY * (0.8 + 0.4 * this.dice.next());
  }

  /** Takes over everyone from an island that this one replaces, as near as can be to where they were. @param {Settlement} before @returns {Generator<void, void>} */
  *adopt(before) {
    this.tick = before.tick;
    before.land.places.forEach(({ id }, i) => {
      const place = this.placeOf(id);
      if (place >= 0) this.spoken[place] = before.spoken[i];
    });
    if (before.wear) this.wear.take(before.wear);
    /** Whose cell is something else now, and their house. @type {[Member, number][]} */
    const moved = [];
    /** Who goes on to which place, once all others have their cells. @type {[number, number][]} */
    const heading = [];
    let count = 0;
    for (const old of before.slots.values()) {
      if (++count % AT_ONCE === 0) yield;
      const member = before.members[old];
      if (!member || before.leaving[old]) continue;
      const cell = before.cell[old];
      const isOut = before.state[old] !== TENT && before.state[old] !== ABOARD;
      if (!isOut || !this.cells.isFree(cell) || !(this.land.open[cell] || this.land.raised[cell])) {
        moved.push([member, before.home[old]]);
        continue;
      }
      const slot = this.settleDown(member, before.home[old]);
      this.put(slot, cell);
      this.facing[slot] = before.facing[old];
      this.talkUntil[slot] = before.talkUntil[old];
      this.stayUntil[slot] = before.stayUntil[old];
      this.sitsUntil[slot] = before.sitsUntil[old];
      const goal = before.goal[old];
      const wanted = this.placeFor(member);
      const there = before.land.places[goal];
      const place = wanted >= 0 || !there ? wanted : this.placeOf(there.id);
      const isHeading = before.state[old] === WALK;
      this.state[slot] = isHeading ? STAND : before.state[old];
      if (goal >= before.routes.camp) this.#retire(slot);
      else if (place < 0) this.think(slot, Math.max(0, before.due[old] - before.tick) || RATE * this.dice.next());
      else if (isHeading || goal < 0) heading.push([slot, place]);
      else this.#stay(slot, place, before.target[old]);
    }
    for (const [slot, place] of heading) this.#head(slot, place);
    yield* through(moved.length, (i) => this.add(moved[i][0], false, moved[i][1]), AT_ONCE);
  }

  /** Goes on being at a place. @param {number} slot @param {number} place @param {number} target */
  #stay(slot, place, target) {
    this.goal[slot] = place;
    this.target[slot] = target;
    this.think(slot, RATE * (1 + this.dice.next()));
  }

  // ── time ────────────────────────────────────────────────────────────────

  /**
   * Lets time pass.
   *
   * @param {number} seconds
   * @param {number} until by the clock
   * @param {() => number} clock
   * @returns {Generator<void, void> | null} what is to be done first if nobody watched for long
   */
  pass(seconds, until, clock) {
    this.#owed += seconds;
    if (this.#owed > UNWATCHED) {
      const work = this.skip(this.#owed);
      this.#owed = 0;
      return work;
    }
    if (this.#owed > OWED) this.#owed = 1 / RATE;
    for (; this.#owed >= 1 / RATE; this.#owed -= 1 / RATE) {
      this.step();
      if (clock() > until) this.#owed = 1 / RATE; // time goes slower rather than that a frame waits
    }
    return null;
  }

  step() {
    this.tick += 1;
    for (const slot of this.#wheel.take(this.tick, this.due)) this.#wake(slot);
    if (this.isTown && this.tick % A_BREATH === 0 && this.out.size < LEAST_OUT) this.#entice();
    for (let i = this.movers - 1; i >= 0; i--) this.#move(this.moving[i]);
    this.ferry.step();
    this.wear.step(this.tick);
  }

  /** Gets somebody who is at home to go for a walk. */
  #entice() {
    for (let tries = EAGER; tries; tries--) {
      const slot = Math.floor(this.dice.next() * this.size);
      if (this.state[slot] !== TENT || this.members[slot]?.status !== 'online') continue;
      return this.stir(this.members[slot]?.uid ?? '');
    }
  }

  /** Catches up with time that nobody watched: everyone is where they were going. @param {number} seconds @returns {Generator<void, void>} */
  *skip(seconds) {
    this.tick += Math.round(seconds * RATE);
    while (this.movers) this.halt(this.moving[this.movers - 1]);
    this.#wheel.clear();
    this.ferry.skip();
    this.wear.skip(seconds);
    let count = 0;
    for (const slot of this.slots.values()) {
      if (++count % AT_ONCE === 0) yield;
      if (this.leaving[slot]) {
        this.drop(slot);
        continue;
      }
      if (this.state[slot] === TENT) continue;
      const goal = this.goal[slot];
      if (goal >= this.routes.camp || (this.isTown && !this.#hasReason(slot))) this.sleep(slot);
      else if (goal >= 0 && this.#isWanted(slot)) this.station(slot, goal);
      else this.settle(slot, STAND);
    }
  }

  // ── what they do ────────────────────────────────────────────────────────

  /** @param {number} slot */
  #isWanted(slot) {
    return this.stayUntil[slot] > this.tick || this.placeFor(this.members[slot]) === this.goal[slot]
      || this.goal[slot] >= this.land.places.length;
  }

  /** Whether somebody in a town is out of doors for something. @param {number} slot */
  #hasReason(slot) {
    return this.stayUntil[slot] > this.tick || this.placeFor(this.members[slot]) >= 0;
  }

  /** @param {number} slot @param {number} delay steps until the next thought @override */
  think(slot, delay) {
    super.think(slot, delay);
    this.#wheel.put(slot, this.due[slot]);
  }

  /** @param {number} slot */
  #wake(slot) {
    const state = this.state[slot];
    if (state === GONE || state === TENT || state === ABOARD || state === WALK) return;
    if (this.sitsUntil[slot] > this.tick) return this.think(slot, this.sitsUntil[slot] - this.tick);
    const goal = this.goal[slot];
    if (goal >= 0) {
      if (this.land.raised[this.cell[slot]]) this.target[slot] = NONE; // boards are for those who speak, as long as they do
      if (!this.#isWanted(slot)) this.#idle(slot);
      else if ((this.reducedMotion && goal < this.land.places.length) || !this.#gait.advance(slot, this.#hasArrived(slot))) this.#arrive(slot);
      return;
    }
    if (this.isTown && !this.#hasReason(slot)) return this.#retire(slot);
    const status = this.members[slot]?.status;
    if (status === 'idle') {
      this.state[slot] = DOZE;
      this.think(slot, RATE * (20 + 40 * this.dice.next()));
    } else {
      const restless = status === 'dnd' ? 0.15 : 0.7;
      if (this.dice.next() < restless || this.land.zone[this.cell[slot]]) this.#stroll(slot);
      else this.settle(slot, STAND);
    }
  }

  /**
   * Who has come to a place chooses where to stay, and goes there: where there is room between them and the others.
   *
   * @param {number} slot
   * @returns {boolean} whether they go; false: they stay where they are
   */
  #choose(slot) {
    const goal = this.goal[slot];
    const cell = this.cell[slot];
    if (this.target[slot] !== NONE || this.choices[slot] === CHOICES) return false;
    this.choices[slot] += 1;
    const isRoomy = this.cells.isRoomy(cell, slot, goal);
    const to = isRoomy ? cell : this.cells.room(goal, slot);
    const isCrowded = !isRoomy && !this.cells.isRoomy(to, slot, goal); // everywhere
    if (isCrowded && (this.choices[slot] > FEW_CHOICES || this.cells.isClear(cell, slot, goal))) return false;
    this.target[slot] = to;
    return this.#gait.approach(slot);
  }

  /** Nothing to do here any longer. @param {number} slot */
  #idle(slot) {
    this.goal[slot] = NONE;
    if (this.state[slot] !== WALK) {
      this.state[slot] = STAND;
      this.think(slot, RATE * this.dice.next());
    }
  }

  /** Sets out for a destination. @param {number} slot @param {number} destination */
  #head(slot, destination) {
    this.goal[slot] = destination;
    this.target[slot] = NONE;
    this.sitsUntil[slot] = -Infinity;
    this.tries[slot] = this.choices[slot] = 0;
    if (this.reducedMotion) return this.#fadeTo(slot, destination);
    if (this.state[slot] === WALK) return;
    if (!this.#gait.advance(slot)) this.settle(slot, STAND);
  }

  /** Goes somewhere near; who is in the middle of a place tries harder. @param {number} slot */
  #stroll(slot) {
    const { zone, ground } = this.land;
    for (let tries = zone[this.cell[slot]] ? EAGER : 1; tries && !this.reducedMotion; tries--) {
      const to = this.#somewhere(slot);
      if (!this.cells.isInSight(to) || zone[to] || ground[to] === PLANKS || !this.cells.isApart(to, slot)) continue;
      this.goal[slot] = STROLL;
      this.target[slot] = to;
      this.tries[slot] = 0;
      if (this.#gait.advance(slot)) return;
    }
    this.settle(slot, STAND);
  }

  /** A cell nearby. @param {number} slot */
  #somewhere(slot) {
    const far = 3 + 6 * this.dice.next();
    const angle = this.dice.next() * 2 * Math.PI;
    return this.cell[slot] + Math.round(Math.sin(angle) * far) * this.land.side + Math.round(Math.cos(angle) * far);
  }

  /**
   * Comes to rest where one is.
   *
   * @param {number} slot
   * @param {number} pose
   * @returns {void}
   * @override
   */
  settle(slot, pose) {
    if (this.goal[slot] === STROLL) this.goal[slot] = NONE;
    const goal = this.goal[slot];
    if (goal >= 0) {
      if (!this.#hasArrived(slot)) {
        this.state[slot] = STAND; // somebody is in the way
        return this.think(slot, 6 + 10 * this.dice.next());
      }
      const boards = this.cells.boards(slot, goal);
      const isSeen = boards.includes(this.cell[slot]);
      const board = isSeen ? undefined : boards.find((one) => this.cells.isFree(one));
      if (board !== undefined) return this.reducedMotion ? this.#fadeTo(slot, goal) : this.#gait.hop(slot, board);
      if (!isSeen && this.#choose(slot)) return;
    }
    super.settle(slot, pose);
  }

  /** Whether somebody stands where a crowd that they belong to stands. @param {number} slot */
  #hasArrived(slot) {
    const { side, places } = this.land;
    const goal = this.goal[slot];
    if (goal >= places.length) return false;
    const field = this.routes.to(goal);
    const cell = this.cell[slot];
    if (!field(cell) || this.target[slot] === cell || this.cells.boards(slot, goal).includes(cell)) return true;
    return STEPS.some(({ dx, dy }) => {
      const near = cell + dy * side + dx;
      return field(near) < field(cell) && this.cells.isSettled(this.cells.holder[near], goal);
    });
  }

  /** @param {number} slot */
  #move(slot) {
    const fading = this.fading[slot];
    this.hop[slot] += 1 / (fading ? FADE : this.facing[slot] & 1 ? SLANTING : HOP);
    if (fading === VANISHING && this.hop[slot] >= 0.5) return this.drop(slot);
    if (this.hop[slot] < 1) return;
    this.hop[slot] = 0;
    this.wear.tread(this.cell[slot]);
    if (!fading && this.#wantsOn(slot) && this.#gait.advance(slot)) return;
    this.halt(slot);
    this.#arrive(slot);
  }

  /** @param {number} slot */
  #wantsOn(slot) {
    return this.goal[slot] === STROLL || this.leaving[slot] === 1 || this.#isWanted(slot);
  }

  /** @param {number} slot */
  #arrive(slot) {
    const goal = this.goal[slot];
    const here = goal >= 0 ? this.routes.to(goal)(this.cell[slot]) : 1;
    if (goal >= this.routes.camp && here < 6) return this.sleep(slot);
    if (this.leaving[slot]) {
      if (here < ON_PIER && this.ferry.board(slot)) {
        this.cells.leave(slot);
        this.state[slot] = ABOARD;
      } else {
        this.think(slot, 10);
      }
      return;
    }
    this.settle(slot, STAND);
  }

  /** @param {number} slot @param {number} how */
  #fade(slot, how) {
    this.from[slot] = this.cell[slot];
    this.fading[slot] = how;
    this.hop[slot] = how === APPEARING ? 0.5 : 0;
    setOff(this, slot);
  }

  /** Nobody who walks is counted among those any more. @param {number} slot */
  halt(slot) {
    if (this.state[slot] !== WALK) return;
    const last = this.moving[--this.movers];
    this.rank[last] = this.rank[slot];
    this.moving[this.rank[slot]] = last;
    this.hop[slot] = this.fading[slot] = 0;
    this.from[slot] = this.cell[slot];
    this.state[slot] = STAND;
  }

  /** Lets somebody be at a free cell, at once. @param {number} slot @param {number} cell @override */
  put(slot, cell) {
    this.halt(slot);
    super.put(slot, cell);
  }

  /** Leaves the cell or the tent where one is. @param {number} slot @override */
  vacate(slot) {
    this.halt(slot);
    super.vacate(slot);
  }

  // ── appearing and disappearing ──────────────────────────────────────────

  /** Steps ashore. @param {number} slot */
  disembark(slot) {
    const cell = this.#quay.find((near) => this.cells.isFree(near));
    if (cell === undefined) return false;
    this.put(slot, cell);
    this.state[slot] = STAND;
    const place = this.placeFor(this.members[slot]);
    this.goal[slot] = STROLL;
    this.target[slot] = this.cells.clearing(slot);
    this.tries[slot] = 0;
    if (this.members[slot]?.status === 'offline') this.#retire(slot);
    else if (place >= 0) this.#head(slot, place);
    else if (!this.#gait.advance(slot)) this.settle(slot, STAND);
    return true;
  }

  /** Comes ashore without having been watched. @param {number} slot */
  putAshore(slot) {
    this.state[slot] = STAND;
    const place = this.placeFor(this.members[slot]);
    if (this.members[slot]?.status === 'offline' || (this.isTown && place < 0)) this.sleep(slot);
    else this.station(slot, place);
  }

  /** @param {number} slot @param {number} destination @returns {void} */
  #fadeTo(slot, destination) {
    if (destination >= this.routes.camp) return this.sleep(slot);
    const to = destination < this.land.places.length ? this.cells.room(destination, slot) : this.cells.clearing(slot);
    if (to === this.cell[slot]) return this.settle(slot, STAND);
    this.halt(slot);
    this.target[slot] = to;
    this.fading[slot] = MOVING;
    this.#gait.hop(slot, to);
  }

  /** Goes to bed, or home. @param {number} slot @returns {void} */
  #retire(slot) {
    if (this.home[slot] >= 0) this.#head(slot, this.routes.camp + 1 + this.home[slot]);
    else if (!this.land.tents.length) this.sleep(slot);
    else this.#head(slot, this.routes.camp);
  }

  /** Gets up, or comes out. @param {number} slot @param {number} place @returns {boolean} false: there are too many already */
  #rise(slot, place) {
    if (this.isTown && !this.#makeWay()) return false;
    const { side } = this.land;
    const bed = this.cell[slot];
    this.leaveTent(slot);
    const doors = this.home[slot] >= 0 ? doorsOf(bed, side) : [bed + 1, bed + side, bed + side + 1, bed - 1, bed - side];
    const door = doors.find((cell) => this.land.open[cell] && this.cells.isFree(cell)) ?? this.cells.clearing(slot);
    this.put(slot, door);
    this.state[slot] = STAND;
    this.goal[slot] = NONE;
    if (place >= 0) this.#head(slot, place);
    else this.think(slot, RATE);
    return true;
  }

  /** Has somebody go in, if there are too many out for one more: who has the least to do there. @returns {boolean} whether there is room */
  #makeWay() {
    if (this.out.size < MOST_OUT) return true;
    let idlest = NONE;
    for (const slot of this.out) {
      if (this.leaving[slot] || this.talkUntil[slot] > this.tick || this.placeFor(this.members[slot]) >= 0) continue;
      if (idlest < 0 || this.stayUntil[slot] < this.stayUntil[idlest]) idlest = slot;
    }
    if (idlest >= 0) this.sleep(idlest);
    return idlest >= 0;
  }
}
