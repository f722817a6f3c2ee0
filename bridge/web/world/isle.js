/**
 * The island's bones, which never move: where there is land, how high it is, where places can be and how one gets
 * there, where trees, tents and huts stand. They follow from the guild's id alone, ring by ring, outward from the heart:
 * what an inner ring has is decided before there is an outer one, and stays.
 *
 * The land is a square of cells, and each cell has the same number for good. `x` runs to the lower right of the
 * screen, `y` to the lower left. Ground never rises towards the viewer, so nothing is ever hidden behind a hill.
 *
 * @typedef {{kind: 'tree' | 'bush' | 'rock' | 'tent' | 'lighthouse' | 'sign' | 'lamp' | 'crane' | 'moored', cell: number, variant: number}} Prop
 * @typedef {Generator<void, void>} Work
 */

import { hash, mix, noise } from './random.js';
import { through } from './slices.js';

/** Cells to each side of the square, and the one in the middle of it all. */
export const SIDE = 512;
export const MIDDLE = SIDE / 2;
export const HEART = MIDDLE * SIDE + MIDDLE;
/** How many cells around a place's middle belong to it. */
export const ZONE = 2;

/** So many cells past the last one are still asked for: those of some rows. */
const PAST_LAST = 2 * SIDE;

/** How far each ring reaches, about, in cells from the heart. */
const RINGS = [11, 15, 20, 26, 33, 42, 53, 66, 82, 101, 125, 154, 188];
const FARTHEST = 1.32; // of that, as far as its coast can be
const PLOTS_APART = 6; // cells between the middles of two places, at least
const SHORE = 2; // cells around a place's middle that are dry, at least
/** How far behind the heart each terrace begins. */
const TERRACES = [3.5, 11, 20, 31, 45, 63, 85, 110];
const FRONT = 44; // beyond it all is flat
const LAYER = 600; // cells that are gone over at a time, at least
const TENTS = [3, 2, 2, 3, 3]; // in each ring; 4 in those farther out
const HUTS = [4, 5, 5]; // in the rings of a village

/** What a cell is taken by. */
const KEPT_CLEAR = 1; // of what is tall
const PART = 2; // of a place, or of what stands beside it
const ROAD = 3;
const HOUSE = 4;

const BESIDE = [1, SIDE, -1, -SIDE];
const NEAR_BY = [...BESIDE, SIDE + 1, SIDE - 1, 1 - SIDE, -1 - SIDE];
const ALL_AROUND = [0, ...NEAR_BY];
/** Where what is tall would hide what is low. */
const IN_FRONT = [2, 3, 4, 5].flatMap((far) => [0, 1, SIDE].map((back) => far * (SIDE + 1) - back));

/** @param {number} cell how far it is from the heart along `x`, and along `y` */
export const columnOf = (cell) => (cell % SIDE) - MIDDLE;
/** @param {number} cell */
export const rowOf = (cell) => ((cell / SIDE) | 0) - MIDDLE;
/** @param {number} x @param {number} y */
export const cellAt = (x, y) => HEART + y * SIDE + x;

/** Where the houses of a quarter stand, from its middle: the upper corner of each, which is two cells wide and deep. */
const CORNERS = [-2 * SIDE - 2, -2 * SIDE + 1, SIDE - 2, SIDE + 1];
/** The cells of a house. @param {number} corner */
export const groundOf = (corner) => [corner, corner + 1, corner + SIDE, corner + SIDE + 1];

/** Where a place's sign stands. @param {number} plot its middle */
export const signOf = (plot) => plot + 2 * SIDE + 2;

/** The same list with room for more. @template {Uint8Array | Int16Array | Int32Array | Float32Array} List @param {List} list @param {number} length @returns {List} */
function longer(list, length) {
  const more = /** @type {any} */ (new (/** @type {any} */ (list.constructor))(length));
  more.set(list);
  return more;
}

/** Cells beside one another, from some on, layer by layer. @param {number[]} from @param {(to: number, by: number) => boolean} takes @returns {Work} */
function* flow(from, takes) {
  let done = 0;
  for (let edge = from; edge.length;) {
    /** @type {number[]} */
    const next = [];
    for (const cell of edge) {
      // now one way first, now the other: so that ways bend
      const turn = mix(cell) & 3;
      for (let i = 0; i < 4; i++) {
        const to = cell + BESIDE[(i + turn) & 3];
        if (takes(to, cell)) next.push(to);
      }
    }
    done += edge.length;
    edge = next;
    if (done > LAYER) {
      yield;
      done = 0;
    }
  }
}

export class Isle {
  seed;
  /** How many rings there are. */
  rings = 0;
  /** All land is between these two cells. */
  first = HEART;
  last = HEART + 1;
  /** How many cells are land. */
  area = 0;
  // These have a number for each cell up to some rows past the last: most islands are small, and the square is large.
  /** Of land: its ring, from 1 on. */
  ring = new Uint8Array(0);
  height = new Uint8Array(0);
  /** Where places can be, in the order they are taken in. @type {number[]} */
  plots = [];
  /** Where houses can be, four to a quarter, in the order they are built in: the upper corner of each. @type {number[]} */
  houses = [];
  /** Whose ground each cell is: a plot's number from 1 on. */
  lot = new Int16Array(0);
  /** Of each cell of a road: the step to the next one on the way to the heart. */
  homeward = new Int16Array(0);
  /** @type {Prop[]} */
  props = [];
  /** @type {number[]} */
  tents = [];
  /** @type {number[]} */
  huts = [];
  /** A road from the heart to the coast, and on over the water: in this row, and how far along it. */
  lane;
  quay = 0;
  lighthouse;
  /** What stands on a cell, so that nobody can. */
  solid = new Uint8Array(0);
  /** How far out each cell counts as being; only while it grows. */
  #far = new Float32Array(0);
  #taken = new Uint8Array(0);
  /** Where the middle of another place would be too near. */
  #crowded = new Uint8Array(0);
  /** @type {number[]} */
  #roads = [];
  /** @type {Work | null} */
  #work = null;

  /** @param {string} id the guild's */
  constructor(id) {
    const seed = this.seed = hash(id);
    this.lane = 3 + (seed & 1);
    this.lighthouse = seed & 2 ? cellAt(-2, -6) : cellAt(-1, -6);
  }

  /** How far it reaches, about, in cells. */
  get reach() {
    return RINGS[this.rings - 1];
  }

  get isLargest() {
    return this.rings === RINGS.length;
  }

  /** Whether there is half a ring, because nobody waited for all of it. */
  get isHalfDone() {
    return this.#work !== null;
  }

  /** One more ring, or the rest of it. @returns {Work} */
  *extend() {
    this.#work ??= this.#ring();
    while (!this.#work.next().done) yield;
    this.#work = null;
  }

  /** Forgets what is only of use while it grows, and can be found again. */
  rest() {
    this.#far = new Float32Array(0);
  }

  /** There are more cells than there were. */
  #makeRoom() {
    const length = this.last + PAST_LAST;
    this.ring = longer(this.ring, length);
    this.height = longer(this.height, length);
    this.lot = longer(this.lot, length);
    this.homeward = longer(this.homeward, length);
    this.solid = longer(this.solid, length);
    this.#far = longer(this.#far, length);
    this.#taken = longer(this.#taken, length);
    this.#crowded = longer(this.#crowded, length);
  }

  /** @returns {Work} */
  *#ring() {
    const far = RINGS[this.rings++];
    const reach = Math.min(MIDDLE - 8, Math.ceil(far * FARTHEST) + 10);
    this.first = cellAt(-MIDDLE, -reach);
    this.last = cellAt(-MIDDLE, reach + 1);
    this.#makeRoom();
    yield* this.#measure(far, reach);
    const fresh = yield* this.#surface(far, reach);
    yield* this.#lift(reach);
    if (this.rings === 1) this.#found();
    this.#extendLane();
    const first = this.plots.length;
    yield* this.#choose(fresh);
    yield* this.#layRoads(first);
    this.#pitch(fresh, this.tents, TENTS[this.rings - 1] ?? 4, (cell) => rowOf(cell) - columnOf(cell) > far * 0.35); // on the left
    yield;
    this.#pitch(fresh, this.huts, HUTS[this.rings - 1] ?? 0, (cell) => (
      !this.#taken[cell] && IN_FRONT.every((step) => this.#taken[cell + step] !== PART) && NEAR_BY.every((step) => this.height[cell + step] === this.height[cell])
    )); // on level ground, and where nothing is hidden
    yield* this.#plant(fresh);
    yield* this.#divide();
  }

  // ── land ────────────────────────────────────────────────────────────────

  /** How far out each cell counts as being: that wobbles, so the coast does. @param {number} far @param {number} reach @returns {Work} */
  *#measure(far, reach) {
    const [lobes, bays, gulfs] = [1, 2, 3].map((which) => mix(this.seed, which));
    yield* this.#inBox(reach, (cell, x, y) => {
      if (this.#far[cell]) return;
      const r = Math.hypot(x, y) + 0.01;
      if (r > far * FARTHEST) return;
      const turn = 0.7 * Math.log(r + 6);
      const lobe = noise(lobes, 8 + (1.7 * x) / r + turn, 8 + (1.7 * y) / r - turn) - 0.5;
      const bay = noise(bays, x / 5.5, y / 5.5) - 0.5;
      const gulf = noise(gulfs, x / 16, y / 16) - 0.5;
      this.#far[cell] = r < 4 ? r : r * (1 + 0.3 * lobe) + bay * Math.min(4, r * 0.3) + gulf * Math.min(11, r * 0.24);
    }, 512);
  }

  /** @param {number} reach @param {(cell: number, x: number, y: number) => void} act @param {number} [piece] @returns {Work} */
  *#inBox(reach, act, piece) {
    const wide = 2 * reach + 1;
    yield* through(wide * wide, (i) => {
      const x = (i % wide) - reach;
      const y = ((i / wide) | 0) - reach;
      act(cellAt(x, y), x, y);
    }, piece);
  }

  /** What of it is land now, without a lake. @param {number} far @param {number} reach @returns {Generator<void, number[]>} what is new */
  *#surface(far, reach) {
    const { ring } = this;
    /** @type {number[]} */
    const fresh = [];
    const reached = new Uint8Array(SIDE * SIDE);
    reached[HEART] = 1;
    yield* flow([HEART], (to) => {
      if (reached[to] || !this.#far[to] || this.#far[to] >= far) return false;
      return Boolean(reached[to] = 1);
    });
    const corner = cellAt(-reach - 1, -reach - 1);
    const isInBox = (/** @type {number} */ cell) => Math.max(Math.abs(columnOf(cell)), Math.abs(rowOf(cell))) <= reach + 1;
    reached[corner] = 2;
    yield* flow([corner], (to) => {
      if (reached[to] || !isInBox(to)) return false;
      return Boolean(reached[to] = 2);
    });
    yield* this.#inBox(reach, (cell) => {
      if (reached[cell] === 2 || ring[cell]) return;
      ring[cell] = this.rings;
      fresh.push(cell);
    });
    this.area += fresh.length;
    return fresh;
  }

  /** Terraces that climb away from the viewer, beginning behind the heart. @param {number} reach @returns {Work} */
  *#lift(reach) {
    const bumps = mix(this.seed, 4);
    const { height } = this;
    for (let y = Math.min(FRONT, reach); y >= -reach; y--) { // before it all is flat as well
      if (!(y & 7)) yield;
      for (let x = FRONT; x >= -reach; x--) {
        const cell = cellAt(x, y);
        const back = (-x - y - 0.7 * Math.abs(x - y)) / 2 + (noise(bumps, x / 9 + 40, y / 9 + 40) - 0.5) * 4;
        const front = [height[cell + 1], height[cell + SIDE]];
        let level = 0;
        while (back > TERRACES[level]) level += 1;
        height[cell] = Math.max(...front, Math.min(level, Math.min(...front) + 1));
      }
    }
  }

  // ── what is built ───────────────────────────────────────────────────────

  /** The square at the heart, and the lighthouse behind it. */
  #found() {
    this.#claim(HEART);
    this.#roads.push(HEART);
    for (let y = 1; y <= this.lane; y++) this.#pave(cellAt(0, y), cellAt(0, y - 1));
    this.solid[this.lighthouse] = 1;
    for (const step of ALL_AROUND) this.#taken[this.lighthouse + step] = PART;
    this.props.push({ kind: 'lighthouse', cell: this.lighthouse, variant: 0 });
  }

  /** The road to the pier goes on to the coast. */
  #extendLane() {
    for (let cell = cellAt(this.quay + 1, this.lane); this.ring[cell]; cell++) {
      this.#pave(cell, cell - 1);
      this.#taken[cell - SIDE] ||= KEPT_CLEAR;
      this.#taken[cell + SIDE] ||= KEPT_CLEAR;
      this.quay += 1;
    }
  }

  /** @param {number} cell @param {number} toHeart the next one on the way there */
  #pave(cell, toHeart) {
    this.homeward[cell] = toHeart - cell;
    if (this.#taken[cell] === ROAD) return;
    if (this.#taken[cell] !== PART) this.#taken[cell] = ROAD;
    this.#roads.push(cell);
  }

  /** Makes a cell the middle of a place, some time. @param {number} cell */
  #claim(cell) {
    this.plots.push(cell);
    for (let y = -PLOTS_APART; y <= PLOTS_APART; y++) {
      for (let x = -PLOTS_APART; x <= PLOTS_APART; x++) {
        const near = cell + y * SIDE + x;
        const far = Math.max(Math.abs(x), Math.abs(y));
        if (far < PLOTS_APART) this.#crowded[near] = 1;
        if (far <= ZONE) this.#taken[near] = PART;
        else if (far === ZONE + 1 || (x >= 0 && y >= 0 && far === ZONE + 2)) this.#taken[near] ||= KEPT_CLEAR; // nothing tall before it
      }
    }
  }

  /** Makes room for houses around a cell. @param {number} cell */
  #zone(cell) {
    for (const corner of CORNERS) {
      this.houses.push(cell + corner);
      for (const under of groundOf(cell + corner)) this.#taken[under] = HOUSE;
    }
  }

  /** Whether there can be a place around a cell: dry, level and free. @param {number} cell */
  #suits(cell) {
    for (let y = -SHORE; y <= SHORE; y++) {
      for (let x = -SHORE; x <= SHORE; x++) {
        const near = cell + y * SIDE + x;
        if (!this.ring[near]) return false;
        const isInside = Math.max(Math.abs(x), Math.abs(y)) <= ZONE;
        if (isInside && (this.#taken[near] > KEPT_CLEAR || this.solid[near] || this.height[near] !== this.height[cell])) return false;
      }
    }
    return true;
  }

  /** Where the ring has places: the inner ones are found first, and those side by side follow one another. @param {number[]} fresh @returns {Work} */
  *#choose(fresh) {
    /** @type {number[][]} */
    const shells = [];
    yield* through(fresh.length, (i) => {
      const shell = Math.floor(this.#far[fresh[i]] + ((mix(this.seed, fresh[i], 5) >>> 24) / 256) * 0.8);
      (shells[shell] ??= []).push(fresh[i]);
    });
    const first = this.plots.length;
    for (const shell of shells) {
      yield* through(shell?.length ?? 0, (i) => {
        if (!this.#crowded[shell[i]] && this.#suits(shell[i])) this.#claim(shell[i]);
      }, 256);
    }
    const around = (/** @type {number} */ cell) => (Math.atan2(rowOf(cell), columnOf(cell)) + 2 * Math.PI - 0.6) % (2 * Math.PI);
    const found = this.plots.splice(first);
    for (const cell of found.sort((a, b) => around(a) - around(b) || a - b)) {
      if (this.rings > 1 && mix(this.seed, cell, 13) % 3 === 0) this.#zone(cell);
      else this.plots.push(cell);
    }
  }

  /** Ways from the new plots to the nearest road. @param {number} first @returns {Work} */
  *#layRoads(first) {
    const { homeward, ring, solid } = this;
    const back = new Int32Array(SIDE * SIDE);
    for (const cell of this.#roads) back[cell] = cell;
    const middles = new Set(this.plots.slice(1));
    const signs = new Set(this.plots.map(signOf));
    yield* flow(this.#roads.slice(), (to, by) => {
      if (back[to] || !ring[to] || solid[to] || this.#taken[to] === HOUSE || middles.has(by) || signs.has(to)) return false;
      back[to] = by;
      return true;
    });
    for (const plot of this.plots.slice(first)) {
      for (let cell = plot; cell !== HEART && back[cell] && !homeward[cell]; cell = back[cell]) this.#pave(cell, back[cell]);
    }
  }

  /**
   * The first of the cells that suit, with room around each, and nothing tall right before it.
   *
   * @param {number[]} fresh
   * @param {number[]} sites
   * @param {number} wanted
   * @param {(cell: number) => boolean} suits
   */
  #pitch(fresh, sites, wanted, suits) {
    for (const cell of shuffled(wanted ? fresh.filter(suits) : [], mix(this.seed, 6))) {
      if (!wanted || !suits(cell) || ALL_AROUND.some((step) => !this.ring[cell + step] || this.#taken[cell + step] > KEPT_CLEAR || this.solid[cell + step])) continue;
      wanted -= 1;
      sites.push(cell);
      this.solid[cell] = 1;
      for (const step of ALL_AROUND) this.#taken[cell + step] = sites === this.huts ? KEPT_CLEAR : PART;
      for (const step of IN_FRONT) this.#taken[cell + step] ||= KEPT_CLEAR;
    }
  }

  /** Trees in groves, bushes, rocks; and meadows without. @param {number[]} fresh @returns {Work} */
  *#plant(fresh) {
    const { seed, height } = this;
    const [groves, calm] = [mix(seed, 7), mix(seed, 8)];
    yield* through(fresh.length, (i) => {
      const cell = fresh[i];
      if (this.#taken[cell] || this.solid[cell]) return;
      const chance = mix(seed, cell, 9) / 0xffffffff;
      const isShore = NEAR_BY.some((step) => !this.ring[cell + step]);
      if (isShore) return chance < 0.05 ? this.#put(chance < 0.02 ? 'rock' : 'bush', cell) : undefined;
      const thick = noise(groves, columnOf(cell) / 4 + 60, rowOf(cell) / 4 + 60);
      const isCalm = noise(calm, columnOf(cell) / 9 + 60, rowOf(cell) / 9 + 60) < 0.42;
      if (isCalm) return chance < 0.012 ? this.#put(chance < 0.006 ? 'bush' : 'rock', cell) : undefined;
      const steep = height[cell] > 0 && thick > 0.5;
      if (chance < Math.max(0.02, (thick - 0.52) * 0.9) + (steep ? 0.05 : 0)) this.#put('tree', cell);
      else if (chance > 0.975) this.#put(chance > 0.99 ? 'rock' : 'bush', cell);
    });
  }

  /** @param {Prop['kind']} kind @param {number} cell */
  #put(kind, cell) {
    this.solid[cell] = 1;
    this.props.push({ kind, cell, variant: mix(this.seed, cell, 10) & 0xff });
  }

  /** Gives each cell that is nobody's to the nearest plot. @returns {Work} */
  *#divide() {
    const { lot, ring } = this;
    /** @type {number[]} */
    const starts = [];
    this.plots.forEach((cell, plot) => {
      if (!lot[cell]) lot[cell] = plot + 1;
      starts.push(cell);
    });
    yield* through(lot.length, (cell) => { if (lot[cell]) starts.push(cell); }, 65_536);
    yield* flow(starts, (to, by) => {
      if (lot[to] || !ring[to]) return false;
      lot[to] = lot[by];
      return true;
    });
  }
}

/** In an order of chance, which has nothing to do with how many there are. @param {number[]} cells @param {number} seed */
function shuffled(cells, seed) {
  return cells.map((cell) => ({ cell, rank: mix(seed, cell) })).sort((a, b) => a.rank - b.rank).map(({ cell }) => cell);
}
