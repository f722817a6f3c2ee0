/**
 * Where everyone is and what they do. Sixty steps a second, pure, seeded: the same calls give the same crowd.
 *
 * Each person holds one cell, and while hopping the one they hop to: so nobody ever stands on another.
 * Only who moves costs time; who stands is looked at when their next thought is due.
 *
 * @typedef {import('./roster.js').Member} Member
 * @typedef {import('./terrain.js').Terrain} Terrain
 */

import { ABOARD, Crowd, DOZE, GONE, NONE, SIT, STAND, TENT, WALK } from './crowd.js';
import { Ferry } from './ferry.js';
import { Random, mix } from './random.js';
import { NOWHERE, Routes, STEPS, passes } from './routes.js';
import { PLANKS, neighbours } from './terrain.js';
import { Wear } from './wear.js';
import { Wheel } from './wheel.js';

export const RATE = 60; // steps a second

const STROLL = -2; // a goal that is but a cell
const TO_VIEWER = 1; // one of `STEPS`

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
const EAGER = 6; // cells that are thought of, before somebody stays after all
const PATIENCE = 5; // tries before who is in the way is asked to swap
const CROWD = 90; // as far from a place, by the field's measure, one can belong to its crowd
const ROOMY = 14; // cells around a place: nearer than that people keep one free between them, as long as they can
const CHOICES = 16; // of where to stay, before one takes what there is
const BETWEEN = 40; // how much nearer a cell must be, by eighths of the field's measure, to stand out of line
const INNER = 16; // as far from it one looks for a gap all around

/** Which cells are behind something tall. @param {Terrain} land */
function veiled({ side, props, places }) {
  const behind = new Uint8Array(side * side);
  for (const { kind, cell } of props) {
    if (kind !== 'tree' && kind !== 'lighthouse') continue;
    for (const hidden of [1, side, side + 1, 2 * side + 1, side + 2, 2 * side + 2]) behind[cell - hidden] = 1;
  }
  for (const { cell, boards } of places) {
    if (!boards.length) continue;
    for (let dy = 0; dy <= 4; dy++) {
      for (let dx = 0; dx <= 4; dx++) if (dx + dy > 0 && dx + dy <= 6 && Math.abs(dx - dy) <= 2) behind[cell - dy * side - dx] = 1;
    }
  }
  return behind;
}

export class Sim extends Crowd {
  land;
  routes;
  ferry;
  wear;
  tick = 0;
  /** People fade from place to place rather than walk. */
  reducedMotion = false;
  #dice;
  /** Who holds each cell. */
  #holder;
  #places;
  /** How far around each place nobody has found room in this step; under -1 less its number, nobody has found a free cell. @type {Map<number, number>} */
  #full = new Map();
  #fullAt = -1;
  /** Where one steps ashore: the end of the pier first. */
  #quay;
  #wheel = new Wheel();
  /** Cells where one is behind something tall. */
  #veiled;
  /** Cells away from places: those that are in the open, and the others. */
  #meadows;

  /** @param {Terrain} land */
  constructor(land) {
    super();
    this.land = land;
    this.routes = new Routes(land);
    this.ferry = new Ferry(this);
    this.#dice = new Random(land.seed);
    const [shore] = land.pier;
    this.#quay = [...land.pier.slice().reverse(), ...neighbours(land.side, shore).filter((cell) => land.open[cell])];
    this.#places = new Map(land.places.map(({ id }, i) => [id, i]));
    const count = land.side * land.side;
    this.#holder = new Int32Array(count).fill(NONE);
    this.wear = new Wear(count);
    /** How many sleep in each tent. */
    this.sleepers = new Uint16Array(land.tents.length);
    /** When somebody last wrote at each place. */
    this.spoken = new Float64Array(land.places.length).fill(-Infinity);
    this.#veiled = veiled(land);
    const meadow = [...land.open.keys()].filter((cell) => land.open[cell] && !land.zone[cell] && land.ground[cell] !== PLANKS);
    this.#meadows = [meadow.filter((cell) => !this.#veiled[cell]), meadow.filter((cell) => this.#veiled[cell])];
  }

  // ── who is here ─────────────────────────────────────────────────────────

  /**
   * Somebody is here, or comes.
   *
   * @param {Member} member
   * @param {boolean} byBoat
   */
  add(member, byBoat = false) {
    if (this.slots.has(member.uid)) return this.change(member);
    const slot = this.enter(member);
    if (member.status === 'offline') return this.#sleep(slot);
    if (byBoat && !this.reducedMotion && this.ferry.bring(slot)) {
      this.state[slot] = ABOARD;
      return;
    }
    this.#land(slot, this.#placeFor(member));
    if (byBoat) this.#fade(slot, APPEARING);
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
    if (this.leaving[slot]) this.#return(slot);
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
    } else if (before?.status !== member.status || before?.voice?.speaker !== member.voice?.speaker) {
      this.#think(slot, 1);
    }
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
    else if (place >= 0 && this.state[slot] !== ABOARD && this.#placeFor(this.members[slot]) < 0 && this.goal[slot] !== place) this.#head(slot, place);
    this.stayUntil[slot] = this.tick + STAY * (0.8 + 0.4 * this.#dice.next());
  }

  /** Which place somebody is bound to by a voice channel. @param {Member | undefined} member */
  #placeFor(member) {
    const channel = member?.voice?.channelId;
    return channel ? this.placeOf(channel) : NONE;
  }

  /**
   * Where at a place somebody may stand to be seen by all: on a stage, if they speak there.
   *
   * @param {number} slot
   * @param {number} place
   * @returns {number[]}
   */
  #boards(slot, place) {
    const { voice } = this.members[slot] ?? {};
    return voice?.speaker && this.placeOf(voice.channelId) === place ? this.land.places[place].boards : [];
  }

  /** @param {string} channelId @returns {number} -1 if it has none */
  placeOf(channelId) {
    return this.#places.get(channelId) ?? NONE;
  }

  /** Takes over everyone from an island that this one replaces, as near as can be to where they were. @param {Sim} before */
  adopt(before) {
    this.tick = before.tick;
    before.land.places.forEach(({ id }, i) => {
      const place = this.placeOf(id);
      if (place >= 0) this.spoken[place] = before.spoken[i];
    });
    const { side } = this.land;
    const shift = Math.round((side - before.land.side) / 2);
    for (const [uid, old] of before.slots) {
      const member = before.members[old];
      if (!member || before.leaving[old]) continue;
      this.add(member);
      const slot = this.slotOf(uid);
      this.facing[slot] = before.facing[old];
      const x = (before.cell[old] % before.land.side) + shift;
      const y = ((before.cell[old] / before.land.side) | 0) + shift;
      const cell = y * side + x;
      const wrote = before.stayUntil[old] > this.tick ? before.land.places[before.goal[old]] : undefined;
      if (this.state[slot] === TENT || this.goal[slot] >= 0 || x < 0 || y < 0 || x >= side || y >= side) continue;
      if (this.land.open[cell] && !this.#veiled[cell] && this.#holder[cell] === NONE) {
        this.#holder[this.cell[slot]] = NONE;
        this.#holder[cell] = slot;
        this.cell[slot] = this.from[slot] = cell;
      }
      const place = wrote ? this.placeOf(wrote.id) : NONE;
      if (place < 0) continue;
      this.stayUntil[slot] = before.stayUntil[old];
      this.#head(slot, place);
    }
  }

  // ── time ────────────────────────────────────────────────────────────────

  step() {
    this.tick += 1;
    for (const slot of this.#wheel.take(this.tick, this.due)) this.#wake(slot);
    for (let i = this.movers - 1; i >= 0; i--) this.#move(this.moving[i]);
    this.ferry.step();
    this.wear.step(this.tick);
  }

  /** Catches up with time that nobody watched: everyone is where they were going. @param {number} seconds */
  skip(seconds) {
    this.tick += Math.round(seconds * RATE);
    while (this.movers) this.halt(this.moving[this.movers - 1]);
    this.#wheel.clear();
    this.ferry.skip();
    this.wear.skip(seconds);
    for (const slot of this.slots.values()) {
      if (this.leaving[slot]) {
        this.drop(slot);
        continue;
      }
      if (this.state[slot] === TENT) continue;
      const goal = this.goal[slot];
      if (goal === this.routes.camp) this.#sleep(slot);
      else if (goal >= 0 && this.#isWanted(slot)) this.#land(slot, goal);
      else this.#settle(slot, STAND);
    }
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
    this.#wheel.put(slot, due);
  }

  /** @param {number} slot */
  #wake(slot) {
    const state = this.state[slot];
    if (state === GONE || state === TENT || state === ABOARD || state === WALK) return;
    const goal = this.goal[slot];
    if (goal >= 0) {
      if (this.land.raised[this.cell[slot]]) this.target[slot] = NONE; // boards are for those who speak, as long as they do
      if (!this.#isWanted(slot)) this.#idle(slot);
      else if ((this.reducedMotion && goal < this.land.places.length) || !this.#advance(slot, this.#hasArrived(slot))) this.#arrive(slot);
      return;
    }
    const status = this.members[slot]?.status;
    if (status === 'idle') {
      this.state[slot] = DOZE;
      this.#think(slot, RATE * (20 + 40 * this.#dice.next()));
    } else {
      const restless = status === 'dnd' ? 0.15 : 0.7;
      if (this.#dice.next() < restless || this.land.zone[this.cell[slot]]) this.#stroll(slot);
      else this.#settle(slot, STAND);
    }
  }

  /** Whether somebody stands where a crowd that they belong to stands. @param {number} slot */
  #hasArrived(slot) {
    const { land } = this;
    const holder = this.#holder;
    const goal = this.goal[slot];
    if (goal >= land.places.length) return false;
    const field = this.routes.to(goal);
    const cell = this.cell[slot];
    if (!field[cell] || this.target[slot] === cell || this.#boards(slot, goal).includes(cell)) return true;
    return STEPS.some(({ dx, dy }) => {
      const near = cell + dy * land.side + dx;
      return field[near] < field[cell] && this.#isSettled(holder[near], goal);
    });
  }

  /** Whether that is somebody who stays at a place. @param {number} other @param {number} goal */
  #isSettled(other, goal) {
    return other >= 0 && this.goal[other] === goal && (this.state[other] !== WALK || this.fading[other] > 0) && !this.leaving[other];
  }

  /** Whether nobody who stays at a place would be right beside somebody there, and nothing hides them. @param {number} cell @param {number} slot @param {number} goal */
  #isRoomy(cell, slot, goal) {
    if (this.#veiled[cell]) return false;
    for (const { dx, dy } of STEPS) {
      const other = this.#holder[cell + dy * this.land.side + dx];
      if (other !== slot && this.#isSettled(other, goal)) return false;
    }
    return true;
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
    const isRoomy = this.#isRoomy(cell, slot, goal);
    const to = isRoomy ? cell : this.#room(goal, slot);
    if (!isRoomy && !this.#isRoomy(to, slot, goal)) return false; // it is crowded everywhere
    this.target[slot] = to;
    return this.#approach(slot);
  }

  /** Nothing to do here any longer. @param {number} slot */
  #idle(slot) {
    this.goal[slot] = NONE;
    if (this.state[slot] !== WALK) {
      this.state[slot] = STAND;
      this.#think(slot, RATE * this.#dice.next());
    }
  }

  /** Sets out for a destination. @param {number} slot @param {number} destination */
  #head(slot, destination) {
    this.goal[slot] = destination;
    this.target[slot] = NONE;
    this.tries[slot] = this.choices[slot] = 0;
    if (this.reducedMotion) return this.#fadeTo(slot, destination);
    if (this.state[slot] === WALK) return;
    if (!this.#advance(slot, false)) this.#settle(slot, STAND);
  }

  /** Goes somewhere near; who is in the middle of a place tries harder. @param {number} slot */
  #stroll(slot) {
    const { open, zone, ground } = this.land;
    for (let tries = zone[this.cell[slot]] ? EAGER : 1; tries && !this.reducedMotion; tries--) {
      const to = this.#somewhere(slot);
      if (!open[to] || zone[to] || this.#veiled[to] || ground[to] === PLANKS) continue;
      this.goal[slot] = STROLL;
      this.target[slot] = to;
      this.tries[slot] = 0;
      if (this.#advance(slot, false)) return;
    }
    this.#settle(slot, STAND);
  }

  /** A cell nearby. @param {number} slot */
  #somewhere(slot) {
    const far = 3 + 6 * this.#dice.next();
    const angle = this.#dice.next() * 2 * Math.PI;
    return this.cell[slot] + Math.round(Math.sin(angle) * far) * this.land.side + Math.round(Math.cos(angle) * far);
  }

  /**
   * Comes to rest where one is.
   *
   * @param {number} slot
   * @param {number} pose
   * @returns {void}
   */
  #settle(slot, pose) {
    if (this.goal[slot] === STROLL) this.goal[slot] = NONE;
    const goal = this.goal[slot];
    if (goal < 0) {
      this.state[slot] = pose;
      this.#greet(slot);
      this.#think(slot, RATE * (4 + 14 * this.#dice.next()));
    } else if (this.#hasArrived(slot)) {
      const boards = this.#boards(slot, goal);
      const isSeen = boards.includes(this.cell[slot]);
      const board = isSeen ? undefined : boards.find((one) => this.#holder[one] === NONE);
      if (board !== undefined) return this.reducedMotion ? this.#fadeTo(slot, goal) : this.#step(slot, board);
      if (!isSeen && this.#choose(slot)) return;
      const { thing, cell } = this.land.places[goal];
      this.state[slot] = thing === 'fire' ? SIT : STAND;
      if (isSeen) this.facing[slot] = TO_VIEWER;
      else this.#look(slot, cell);
      this.#think(slot, RATE * (3 + 5 * this.#dice.next()));
    } else {
      this.state[slot] = STAND; // somebody is in the way
      this.#think(slot, 6 + 10 * this.#dice.next());
    }
  }

  /** Looks at whoever is near, or somewhere. @param {number} slot */
  #greet(slot) {
    const cell = this.cell[slot];
    const start = (this.#dice.next() * 8) | 0;
    for (let i = 0; i < 8; i++) {
      const { dx, dy } = STEPS[(start + i) % 8];
      for (let far = 1; far <= 2; far++) {
        if (this.#holder[cell + far * (dy * this.land.side + dx)] > NONE) {
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
    if (this.#boards(slot, goal).includes(this.cell[slot])) return false;
    if (goal < 0) return goal === STROLL && this.#approach(slot);
    if (this.target[slot] !== NONE) {
      if (this.target[slot] === this.cell[slot]) return false;
      if (this.#approach(slot)) return true;
      this.target[slot] = NONE; // somebody is in the way, or was quicker
    }
    return this.#follow(slot, this.routes.to(goal), content);
  }

  /**
   * Down a field: to a free cell that is nearer; else around; else past whoever is in the way.
   *
   * @param {number} slot
   * @param {Uint16Array} field
   * @param {boolean} content
   */
  #follow(slot, field, content) {
    const { land } = this;
    const holder = this.#holder;
    const goal = this.goal[slot];
    const cell = this.cell[slot];
    const here = field[cell];
    if (!here) return false;
    let best = -1;
    let bestFar = here;
    let aside = -1;
    let other = NONE;
    const turn = slot & 1 ? 1 : 7;
    for (let i = 0, direction = this.facing[slot]; i < 8; i++, direction = (direction + turn) % 8) {
      if (!passes(land, cell, direction)) continue;
      const to = cell + STEPS[direction].dy * land.side + STEPS[direction].dx;
      const far = field[to];
      if (holder[to] === NONE) {
        if (far < bestFar) [best, bestFar] = [direction, far];
        else if (far <= here + 1 && aside < 0 && i < 4) aside = direction;
      } else if (far < here && other < 0) {
        other = holder[to];
      }
    }
    if (best >= 0) return this.#start(slot, best);
    if (content) return false;
    if (goal < land.places.length && here < CROWD && this.#isSettled(other, goal)) {
      if (aside >= 0 && here < INNER && this.tries[slot] < 8) {
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
      if (far >= bestFar || this.#holder[to] !== NONE || !passes(this.land, cell, direction)) continue;
      if (this.goal[slot] === STROLL && this.land.zone[to] && !this.land.zone[cell]) continue; // places are for those who have something to say there
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
    this.#holder[theirs] = slot;
    this.#holder[mine] = other;
    this.tries[slot] = 0;
    return true;
  }

  /** @param {number} slot @param {number} direction */
  #start(slot, direction) {
    const { dx, dy } = STEPS[direction];
    this.#step(slot, this.cell[slot] + dy * this.land.side + dx);
    return true;
  }

  /** @param {number} slot @param {number} to a free cell beside theirs */
  #step(slot, to) {
    this.#holder[this.cell[slot]] = NONE;
    this.#holder[to] = slot;
    this.#jump(slot, to);
  }

  /** @param {number} slot @param {number} to */
  #jump(slot, to) {
    this.#look(slot, to);
    this.from[slot] = this.cell[slot];
    this.cell[slot] = to;
    this.hop[slot] = 0;
    this.setOff(slot);
  }

  /** @param {number} slot */
  #move(slot) {
    const fading = this.fading[slot];
    this.hop[slot] += 1 / (fading ? FADE : this.facing[slot] & 1 ? SLANTING : HOP);
    if (fading === VANISHING && this.hop[slot] >= 0.5) return this.drop(slot);
    if (this.hop[slot] < 1) return;
    this.hop[slot] = 0;
    this.wear.tread(this.cell[slot]);
    if (!fading && this.#wantsOn(slot) && this.#advance(slot, false)) return;
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
    const here = goal >= 0 ? this.routes.to(goal)[this.cell[slot]] : 1;
    if (goal === this.routes.camp && here < 6) return this.#sleep(slot);
    if (this.leaving[slot]) {
      if (here < ON_PIER && this.ferry.board(slot)) {
        this.#vacate(slot);
        this.state[slot] = ABOARD;
      } else {
        this.#think(slot, 10);
      }
      return;
    }
    this.#settle(slot, STAND);
  }

  /** @param {number} slot @param {number} how */
  #fade(slot, how) {
    this.from[slot] = this.cell[slot];
    this.fading[slot] = how;
    this.hop[slot] = how === APPEARING ? 0.5 : 0;
    this.setOff(slot);
  }

  // ── appearing and disappearing ──────────────────────────────────────────

  /** Puts somebody at a place, or anywhere. @param {number} slot @param {number} place */
  #land(slot, place) {
    const cell = place >= 0 ? this.#room(place, slot) : this.#clearing(slot);
    this.#vacate(slot);
    this.cell[slot] = this.from[slot] = cell;
    this.#holder[cell] = slot;
    this.goal[slot] = place >= 0 ? place : NONE;
    this.target[slot] = cell;
    this.state[slot] = STAND;
    this.#settle(slot, this.members[slot]?.status === 'idle' ? DOZE : STAND);
    if (place < 0) this.#think(slot, RATE * (1 + 12 * this.#dice.next()));
  }

  /** Steps ashore. @param {number} slot */
  disembark(slot) {
    const cell = this.#quay.find((near) => this.#holder[near] === NONE);
    if (cell === undefined) return false;
    this.cell[slot] = this.from[slot] = cell;
    this.#holder[cell] = slot;
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
    const board = this.#boards(slot, place).find((cell) => this.#holder[cell] === NONE || this.#holder[cell] === slot);
    if (board !== undefined) return board;
    if (this.#fullAt !== this.tick) this.#full.clear();
    this.#fullAt = this.tick;
    const { side } = this.land;
    for (const keepsRoom of [true, false]) {
      const key = keepsRoom ? place : -1 - place;
      for (let reach = this.#full.get(key) ?? 2; reach < (keepsRoom ? ROOMY : side); reach += 2) {
        this.#full.set(key, reach);
        const cell = this.#nearest(place, slot, reach, keepsRoom);
        if (cell >= 0) return cell;
      }
      this.#full.set(key, side);
    }
    return this.#clearing(slot);
  }

  /**
   * The nearest free cell around a place, or -1.
   *
   * @param {number} place
   * @param {number} slot
   * @param {number} reach how far around it, in cells
   * @param {boolean} keepsRoom whether one is to be free on every side
   */
  #nearest(place, slot, reach, keepsRoom) {
    const field = this.routes.to(place);
    const { side, open, places } = this.land;
    const { x, y } = places[place];
    let best = -1;
    let bestFar = NOWHERE;
    for (let dy = -reach; dy <= reach; dy++) {
      for (let dx = -reach; dx <= reach; dx++) {
        const cell = (y + dy) * side + x + dx;
        if (x + dx < 0 || x + dx >= side || !open[cell] || (this.#holder[cell] !== NONE && this.#holder[cell] !== slot)) continue;
        const between = keepsRoom && (dx | dy) & 1 ? BETWEEN : 0;
        const far = field[cell] * 8 + between + (mix(this.self[slot], cell) & 7);
        if (far >= bestFar || (keepsRoom && !this.#isRoomy(cell, slot, place))) continue;
        [best, bestFar] = [cell, far];
      }
    }
    return best;
  }

  /** A free cell somewhere. @param {number} slot */
  #clearing(slot) {
    for (const meadow of this.#meadows) {
      const start = mix(this.self[slot], this.land.seed) % meadow.length;
      for (let i = 0; i < meadow.length; i++) {
        const cell = meadow[(start + i * 7919) % meadow.length];
        if (this.#holder[cell] === NONE) return cell;
      }
    }
    const cell = this.land.open.findIndex((one, at) => one > 0 && this.#holder[at] === NONE);
    if (cell < 0) throw new Error('the island is full');
    return cell;
  }

  /** @param {number} slot */
  #vacate(slot) {
    this.halt(slot);
    const cell = this.cell[slot];
    if (cell >= 0 && this.#holder[cell] === slot) this.#holder[cell] = NONE;
  }

  /** @param {number} slot @param {number} destination @returns {void} */
  #fadeTo(slot, destination) {
    if (destination === this.routes.camp) return this.#sleep(slot);
    const to = destination < this.land.places.length ? this.#room(destination, slot) : this.#clearing(slot);
    if (to === this.cell[slot]) return this.#settle(slot, STAND);
    const from = this.cell[slot];
    this.#vacate(slot);
    this.#holder[to] = slot;
    this.target[slot] = to;
    this.fading[slot] = MOVING;
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
    this.tent[slot] = tents.length ? this.self[slot] % tents.length : NONE;
    if (tents.length) this.sleepers[this.tent[slot]] += 1;
    this.cell[slot] = this.from[slot] = tents.length ? tents[this.tent[slot]] : pier[0];
  }

  /** Gets up. @param {number} slot @param {number} place */
  #rise(slot, place) {
    const { side } = this.land;
    const tent = this.cell[slot];
    this.#leaveTent(slot);
    const door = [tent + 1, tent + side, tent + side + 1, tent - 1, tent - side].find(
      (cell) => this.land.open[cell] && this.#holder[cell] === NONE,
    ) ?? this.#clearing(slot);
    this.cell[slot] = this.from[slot] = door;
    this.#holder[door] = slot;
    this.state[slot] = STAND;
    this.goal[slot] = NONE;
    if (place >= 0) this.#head(slot, place);
    else this.#think(slot, RATE);
  }

  /** @param {number} slot */
  #leaveTent(slot) {
    if (this.tent[slot] !== NONE) this.sleepers[this.tent[slot]] -= 1;
    this.tent[slot] = NONE;
  }

  /** Forgets somebody. @param {number} slot */
  drop(slot) {
    this.#vacate(slot);
    this.#leaveTent(slot);
    this.exit(slot);
  }
}
