/**
 * The island as it is lived on: channels on their plots, the ways between them, sand and grass. Pure; the same for
 * everyone. What never moves is in `isle.js`. A large one takes a while, so it is grown in slices.
 *
 * @typedef {import('./build.js').House} House
 * @typedef {import('./isle.js').Prop} Prop
 * @typedef {import('./props.js').Thing} Thing
 * @typedef {{id: string, name: string, kind: string, category: string, position: number, plot?: number | null}} ChannelInfo
 *   `plot`: which one the bridge says is its own
 * @typedef {{id: string, name: string, thing: Thing, plot: number, cell: number, x: number, y: number, district: number, category: string, boards: number[],
 *   board: {width: number, height: number} | null}} Place
 *   `boards`: of a stage, the cells that one stands on to be seen; `board`: that of the sign, in pixels of art, if the name can be
 *   written on it
 * @typedef {{
 *   id: string, seed: number, side: number, first: number, last: number, rings: number, reach: number, ground: Uint8Array, height: Uint8Array,
 *   open: Uint8Array, ways: Uint8Array, zone: Int16Array, lot: Int16Array, district: Uint8Array, trail: Uint8Array,
 *   offshore: Uint8Array, lift: Uint8Array, raised: Uint8Array, channels: ChannelInfo[], places: Place[], plots: number[],
 *   age: number, props: Prop[], houses: House[], lighthouse: number, pier: number[], tents: number[], walkable: number, isle: Isle, town: Town | null,
 * }} Terrain `ways`: which of the eight steps can be taken from each cell, a bit for each of `STEPS`; `first`, `last`: all
 *   land is between these cells; `lot`: whose ground a cell is, a plot's number from 1 on; `lift`: how many pixels the land is
 *   raised that water lies before; `plots`: where places can be, taken or not; `age`: of the settlement, see `ageOf`
 * @typedef {import('./town.js').Town} Town
 * @typedef {Generator<boolean | void, void>} Work
 */

import { HEART, Isle, SIDE, ZONE, cellAt, signOf } from './isle.js';
import { boardFor, lettered } from './lettering.js';
import { propFor } from './props.js';
import { hash, mix } from './random.js';
import { AWAITING, through } from './slices.js';

const FLOODED = 8_192; // cells, before others may go on

/** What a cell is made of. */
export const WATER = 0;
export const SAND = 1;
export const GRASS = 2;
export const PLAZA = 3;
export const PLANKS = 4;

/** The eight ways to step: along `x`, along `y`, and whether both. */
export const STEPS = [[1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0], [-1, -1], [0, -1], [1, -1]].map(([dx, dy]) => ({ dx, dy }));

export const BIOMES = 5;

const FAR_OUT = 250;
const LIFT = 7; // pixels for each terrace, as `RISE` has it in `spots.js`
const SMOOTHINGS = 5;
const PIER = 6; // cells that it goes out
const MOST_PLOTS = 2_000;
const FULL_HOUSE = 36; // people to a house, at most, as long as there can be more land
const NO_CHANNEL = ''; // the id of the place there is where no channel is known

// How many cells of land there are for how many members: about constant for each at first, then houses get higher.
const AREAS = [[0, 260], [300, 1_700], [1_000, 3_800], [5_000, 8_500], [20_000, 15_000]];

/** @param {number} members */
export function areaFor(members) {
  const found = AREAS.findIndex(([most]) => members < most);
  const next = found < 0 ? AREAS.length - 1 : found; // beyond the last one it goes on as before it
  const [x0, y0] = AREAS[next - 1];
  const [x1, y1] = AREAS[next];
  return Math.round(y0 + ((members - x0) * (y1 - y0)) / (x1 - x0));
}

/** From that many members on people live in houses; before that, there is room for all out of doors. */
export const TOWN_SIZE = 60;
/** A kind of house, of those in `build.js`: the one that there is in a village as well, of one cell. */
export const HUT = 5;
const HUT_HIGH = 24; // pixels of art
const HUT_FOR = 5; // people
/** From that many on houses are higher, and stand closer together. */
export const CITY = 2_000;
/** From how many members on a settlement is a village, a town, a city. Before, it is a camp. */
const AGES = [15, TOWN_SIZE, CITY];
export const TOWN_AGE = 2;
const CITY_AGE = AGES.length;
const OVERLOOKED = 20_000;

/** @param {number} members */
export const ageOf = (members) => AGES.filter((least) => members >= least).length;

/**
 * Members as the island counts them: in steps, so that it isn't looked at anew after each newcomer; and no more than
 * live on one that can be seen as a whole. Where there are more, a window stands for several of them.
 *
 * @param {number} members
 */
export function sizeFor(members) {
  let size = 6;
  while (size < Math.min(members, OVERLOOKED)) size = Math.ceil(size * 1.2);
  return size;
}

/**
 * @param {string} id the guild's
 * @param {number} members
 * @param {ChannelInfo[]} channels
 * @param {Terrain | null} [before] the same guild's as it was: nothing of it is lost
 * @param {() => Town | null} [town] what builds houses, once it is there: it waits for that in a town
 * @returns {Generator<boolean | void, Terrain>}
 */
export function* grow(id, members, channels, before = null, town = () => null) {
  const known = before?.id === id ? before : null;
  const isle = known?.isle ?? new Isle(id);
  const wanted = channels.length ? channels : [{ id: NO_CHANNEL, name: '', kind: 'text', category: '', position: 0 }];
  const plots = allot(wanted, known);
  const most = plots.reduce((one, other) => Math.max(one, other));
  const area = areaFor(members);
  const isSmall = () => isle.area < area || isle.plots.length <= most || (members >= TOWN_SIZE && isle.houses.length * FULL_HOUSE < members);
  while (isle.isHalfDone || (!isle.isLargest && isSmall())) yield* isle.extend();
  isle.rest();
  const land = bare(id, isle, channels, members);
  yield* settle(land, plots, wanted, members, town);
  return land;
}

/**
 * A plot for each channel, by number: the one that the bridge says, or that it had, or the first that is free; the
 * oldest channel chooses first.
 *
 * @param {ChannelInfo[]} channels
 * @param {Terrain | null} before
 * @returns {number[]} in the order of the channels
 */
export function allot(channels, before) {
  /** @type {Map<string, number>} */
  const chosen = new Map();
  /** @type {Set<number>} */
  const taken = new Set();
  const had = new Map(before?.places.map(({ id, plot }) => [id, plot]));
  const take = (/** @type {string} */ id, /** @type {number | null | undefined} */ plot) => {
    if (typeof plot !== 'number' || !(plot >= 0 && plot < MOST_PLOTS) || plot % 1 || taken.has(plot) || chosen.has(id)) return;
    taken.add(plot);
    chosen.set(id, plot);
  };
  const byAge = [...channels].sort((a, b) => a.id.length - b.id.length || (a.id < b.id ? -1 : 1));
  for (const { id, plot } of byAge) take(id, plot);
  for (const { id } of byAge) take(id, had.get(id));
  let next = 0;
  for (const { id } of byAge) {
    if (chosen.has(id)) continue;
    while (taken.has(next)) next += 1;
    take(id, next);
  }
  return channels.map(({ id }) => chosen.get(id) ?? 0);
}

/** Land that nobody has settled on. @param {string} id @param {Isle} isle @param {ChannelInfo[]} channels @param {number} members @returns {Terrain} */
function bare(id, isle, channels, members) {
  const age = ageOf(members);
  const { length } = isle.ring;
  const bytes = () => new Uint8Array(length);
  return {
    id, isle, channels, age, seed: isle.seed, side: SIDE, first: isle.first, last: isle.last, rings: isle.rings, reach: isle.reach, ground: bytes(),
    height: isle.height.slice(), open: bytes(), ways: bytes(), zone: new Int16Array(length), lot: isle.lot,
    district: bytes(), trail: bytes(), offshore: bytes(), lift: bytes(), raised: bytes(), places: [], plots: isle.plots.slice(),
    props: isle.props.map((prop) => (prop.kind === 'lighthouse' ? { ...prop, variant: age } : prop)), houses: isle.huts.slice(0, age && members / HUT_FOR + 1).map((cell) => ({ cell, kind: HUT, high: HUT_HIGH })), lighthouse: isle.lighthouse, pier: [], tents: isle.tents.slice(), walkable: 0, town: null,
  };
}

/** Goes over all cells that can be land, and the sea around them. @param {Terrain} land @param {(cell: number) => void} act @returns {Work} */
const over = ({ first, last }, act) => through(last - first, (i) => act(first + i));

/**
 * Makes bare land a place to live in.
 *
 * @param {Terrain} land
 * @param {number[]} plots
 * @param {ChannelInfo[]} channels
 * @param {number} members
 * @param {() => Town | null} town
 * @returns {Work}
 */
function* settle(land, plots, channels, members, town) {
  const { ground, open, height, isle } = land;
  yield* over(land, (cell) => {
    ground[cell] = isle.ring[cell] ? GRASS : WATER;
    open[cell] = isle.ring[cell] && !isle.solid[cell] ? 1 : 0;
    if (!ground[cell]) height[cell] = 0;
  });
  yield* measureSea(land);
  yield* strew(land);
  const { length } = land.plots;
  yield* through(channels.length, (i) => { if (plots[i] < length) addPlace(land, channels[i], plots[i]); }, 8);
  while (!(land.town = town()) && members >= TOWN_SIZE) yield AWAITING;
  if (land.town && members >= TOWN_SIZE) yield* land.town.build(land, members);
  yield* colour(land);
  addPier(land);
  yield* layTrails(land);
  yield* addRocks(land);
  yield* closeOff(land);
  yield* findWays(land);
}

/** How far out at sea each cell of water is, in sixteenths of a cell: there and back over all of them. @param {Terrain} land @returns {Work} */
function* measureSea(land) {
  const { side, ground, offshore, height, lift, first } = land;
  yield* over(land, (cell) => {
    offshore[cell] = ground[cell] ? 0 : FAR_OUT;
    lift[cell] = height[cell] * LIFT;
  });
  const count = land.last - first - 2 * side - 2;
  yield* through(count, (i) => approach(first + side + 1 + i, -1, -side));
  yield* through(count, (i) => approach(first + side + count - i, 1, side));
  /** @type {number[]} */
  const offing = [];
  yield* through(count, (i) => { if (offshore[first + side + 1 + i] >= 24 && offshore[first + side + 1 + i] < 190) offing.push(first + side + 1 + i); });
  for (let round = 0; round < SMOOTHINGS; round++) yield* through(offing.length, (i) => smooth(offing[i]));

  /** @param {number} cell @param {number} across @param {number} down */
  function approach(cell, across, down) {
    near(cell, cell + across, 16);
    near(cell, cell + down, 16);
    near(cell, cell + down + across, 23);
    near(cell, cell + down - across, 23);
  }

  /** Out at sea nobody sees where it was raised. @param {number} cell */
  function smooth(cell) {
    lift[cell] = (lift[cell - 1] + lift[cell + 1] + lift[cell - side] + lift[cell + side] + 2) >> 2;
  }

  /** @param {number} cell @param {number} other @param {number} far */
  function near(cell, other, far) {
    if (offshore[other] + far >= offshore[cell]) return;
    offshore[cell] = offshore[other] + far;
    lift[cell] = lift[other];
  }
}

/** A beach all around. @param {Terrain} land @returns {Work} */
function* strew({ side, ground, seed, first, last }) {
  const around = [1, -1, side, -side, side + 1, side - 1, 1 - side, -1 - side];
  yield* through(last - first, (i) => {
    const cell = first + i;
    if (ground[cell] !== GRASS) return;
    if (around.some((step) => !ground[cell + step])) ground[cell] = SAND;
    else if (mix(seed, cell, 11) % 8 < 3 && [2, -2, 2 * side, -2 * side].some((step) => !ground[cell + step])) ground[cell] = SAND;
  });
}

/** @param {Terrain} land @param {ChannelInfo} channel @param {number} plot */
function addPlace(land, channel, plot) {
  const { side, ground, zone, open, raised } = land;
  const cell = land.plots[plot];
  const thing = propFor(channel);
  const boards = thing === 'stage' ? [cell, cell + 1 - side, cell - 1 + side] : []; // side by side for who looks on
  const { id, name, category } = channel;
  const district = hash(category) % BIOMES;
  const board = boardFor(lettered(name));
  const place = { id, name, thing, plot, cell, x: cell % side, y: (cell / side) | 0, district, category, boards, board };
  land.places.push(place);
  for (let dy = -ZONE; dy <= ZONE; dy++) {
    for (let dx = -ZONE; dx <= ZONE; dx++) {
      const near = cell + dy * side + dx;
      zone[near] = land.places.length;
      if (dx * dx + dy * dy <= 5 && ground[near] !== SAND) ground[near] = PLAZA;
    }
  }
  open[cell] = 0;
  for (const each of boards) {
    open[each] = 0;
    raised[each] = 1;
  }
  if (place.id === NO_CHANNEL) return;
  open[signOf(cell)] = 0;
  land.props.push({ kind: 'sign', cell: signOf(cell), variant: land.places.length - 1 });
}

/** The ground of a plot is that of its place's category; where there is none, of any kind. @param {Terrain} land @returns {Work} */
function* colour(land) {
  const { lot, district, seed, places, plots } = land;
  const kinds = plots.map((_, plot) => mix(seed, plot, 12) % BIOMES);
  for (const place of places) kinds[place.plot] = place.district;
  yield* over(land, (cell) => { if (lot[cell]) district[cell] = kinds[lot[cell] - 1]; });
}

/** Planks over the water, where the road to the coast ends. @param {Terrain} land */
function addPier(land) {
  const { side, ground, open, isle, lift } = land;
  const start = cellAt(isle.quay, isle.lane);
  land.pier = [start];
  ground[start] = PLAZA;
  for (let i = 1; i <= PIER && !ground[start + i]; i++) land.pier.push(start + i);
  for (const cell of land.pier.slice(1)) {
    for (const plank of [cell, cell + side]) {
      if (ground[plank]) continue;
      ground[plank] = PLANKS;
      open[plank] = 1;
      lift[plank] = 0;
    }
  }
  const end = land.pier[land.pier.length - 1] + side;
  if (ground[end] !== PLANKS) return;
  open[end] = 0;
  land.props.push({ kind: 'lamp', cell: end, variant: 1 });
  if (land.age === CITY_AGE) land.town?.addHarbour(land, start);
}

/** The ways from the heart to all places, to the pier and to the lighthouse. @param {Terrain} land @returns {Work} */
function* layTrails(land) {
  const { trail, pier, places, isle } = land;
  for (const cell of pier) trail[cell] = 1;
  yield* through(places.length + 1, (i) => {
    for (let cell = i ? places[i - 1].cell : pier[0]; cell !== HEART && !(trail[cell] && cell !== pier[0]); cell += isle.homeward[cell]) {
      trail[cell] = 1;
      if (!isle.homeward[cell]) return;
    }
  }, 8);
}

/** Rocks in shallow water. @param {Terrain} land @returns {Work} */
function* addRocks(land) {
  const { seed, ground, offshore, props } = land;
  yield* over(land, (cell) => {
    const chance = mix(seed, cell, 7) / 0xffffffff;
    if (!ground[cell] && chance < 0.01 && offshore[cell] > 20 && offshore[cell] < 70) props.push({ kind: 'rock', cell, variant: mix(seed, cell, 8) & 0xff });
  });
}

/** Lets nobody stand where nobody can walk to. @param {Terrain} land @returns {Work} */
function* closeOff(land) {
  const { open, height, pier } = land;
  const reached = yield* flood(land, pier[0], (from, to) => open[to] === 1 && Math.abs(height[to] - height[from]) <= 1);
  yield* over(land, (cell) => {
    if (reached[cell]) land.walkable += open[cell];
    else open[cell] = 0;
  });
}

/** Which steps lead where one can go: dry, not too high, and not through a corner. @param {Terrain} land @returns {Work} */
function* findWays(land) {
  const { side, open, height, raised, ways } = land;
  yield* over(land, (from) => {
    if (!open[from] && !raised[from]) return;
    const isLow = (/** @type {number} */ to) => Math.abs(height[to] - height[from]) <= 1;
    STEPS.forEach(({ dx, dy }, direction) => {
      const to = from + dy * side + dx;
      const past = from + dx;
      const beside = from + dy * side;
      const isFree = open[to] && isLow(to) && (!dx || !dy || (open[past] + open[beside] > 0 && isLow(past) && isLow(beside)));
      if (isFree) ways[from] |= 1 << direction;
    });
  });
}

/**
 * Every cell that steps over cell edges reach.
 *
 * @param {Terrain} land
 * @param {number} start
 * @param {(from: number, to: number) => boolean} isWay
 * @returns {Generator<void, Uint8Array>}
 */
export function* flood({ side, open: { length } }, start, isWay) {
  const reached = new Uint8Array(length);
  reached[start] = 1;
  const open = [start];
  let count = 0;
  for (let cell = open.pop(); cell !== undefined; cell = open.pop()) {
    if (++count % FLOODED === 0) yield;
    for (const to of [cell - 1, cell + 1, cell - side, cell + side]) {
      if (to < 0 || to >= reached.length || reached[to] || !isWay(cell, to)) continue;
      reached[to] = 1;
      open.push(to);
    }
  }
  return reached;
}
