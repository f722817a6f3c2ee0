/**
 * The island: grown from the guild's id, its channels and how many live there. Pure; the same for everyone. A large
 * one takes a while, so it is grown in slices.
 *
 * The land is a square of cells. `x` runs to the lower right of the screen, `y` to the lower left. Ground never
 * rises towards the viewer, so nothing is ever hidden behind a hill.
 *
 * @typedef {{id: string, name: string, kind: string, category: string, position: number}} ChannelInfo
 * @typedef {'well' | 'table' | 'easel' | 'stall' | 'oak' | 'fountain' | 'fire' | 'stage' | 'board'} Thing
 * @typedef {{id: string, name: string, thing: Thing, cell: number, x: number, y: number, district: number, boards: number[]}} Place
 *   `boards`: of a stage, the cells that one stands on to be seen
 * @typedef {{kind: 'tree' | 'bush' | 'rock' | 'tent' | 'lighthouse' | 'sign', cell: number, variant: number}} Prop
 * @typedef {{
 *   seed: number, side: number, radius: number, ground: Uint8Array, height: Uint8Array, open: Uint8Array, ways: Uint8Array,
 *   zone: Int16Array, district: Uint8Array, trail: Uint8Array, offshore: Uint8Array, raised: Uint8Array,
 *   channels: ChannelInfo[], places: Place[], props: Prop[], lighthouse: number, pier: number[], tents: number[], walkable: number,
 * }} Terrain `ways`: which of the eight steps can be taken from each cell, a bit for each of `STEPS`
 * @typedef {Generator<void, void>} Work
 */

import { Random, hash, mix, noise } from './random.js';
import { through } from './slices.js';

/** What a cell is made of. */
export const WATER = 0;
export const SAND = 1;
export const GRASS = 2;
export const PLAZA = 3;
export const PLANKS = 4;

/** The eight ways to step: along `x`, along `y`, and whether both. */
export const STEPS = [[1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0], [-1, -1], [0, -1], [1, -1]].map(([dx, dy]) => ({ dx, dy }));

const MAX_HEIGHT = 3;
export const BIOMES = 5;
/** How many cells around a place's middle belong to it. */
export const ZONE = 2;

const SEA = 5; // cells of it on every side, at least
// Parts of the radius within which all is land, and beyond which nothing is.
const INSIDE = 0.6;
const OUTSIDE = 1.45;
const FAR_OUT = 220;
const MIDDLE = ''; // the id of the place there is where no channel is known

// How many cells of land there are for how many members: about constant for each at first, then it gets denser.
const AREAS = [[0, 260], [300, 1_700], [1_000, 4_800], [5_000, 14_000], [20_000, 32_000]];

/** @type {Thing[]} */
const THINGS = ['well', 'table', 'easel', 'stall', 'oak', 'fountain'];

/** @param {number} members @param {number} places */
export function areaFor(members, places) {
  const found = AREAS.findIndex(([most]) => members < most);
  const next = found < 0 ? AREAS.length - 1 : found; // beyond the last one it goes on as before it
  const [x0, y0] = AREAS[next - 1];
  const [x1, y1] = AREAS[next];
  const area = y0 + ((members - x0) * (y1 - y0)) / (x1 - x0);
  return Math.round(Math.max(area, 95 + places * 48)); // more often than not there is room for them then
}

/**
 * Members as the island counts them: in steps, so that it isn't another one after each newcomer.
 *
 * @param {number} members
 */
export function sizeFor(members) {
  let size = 6;
  while (size < members) size = Math.ceil(size * 1.2);
  return size;
}

/**
 * @param {string} id the guild's
 * @param {number} members
 * @param {ChannelInfo[]} channels
 * @returns {Generator<void, Terrain>}
 */
export function* grow(id, members, channels) {
  const seed = hash(id);
  const wanted = inOrder(channels);
  const room = sizeFor(wanted.length);
  let area = areaFor(sizeFor(members), room);
  for (;;) {
    const land = yield* raise(seed, area);
    const plots = yield* choose(land, room);
    if (plots) {
      yield* settle(land, allot(plots, wanted), wanted);
      return { ...land, channels };
    }
    area = Math.round(area * 1.1); // too rugged for so many places
  }
}

/**
 * A plot for each channel. The older one chooses first, as near as can be to where its category's are, so that
 * whoever comes later moves nobody.
 *
 * @param {number[]} plots neighbours stand side by side
 * @param {ChannelInfo[]} channels
 * @returns {number[]} in the order of the channels
 */
function allot(plots, channels) {
  /** @type {Map<string, number>} */
  const chosen = new Map();
  const free = new Set(plots.keys());
  const byAge = [...channels].sort((a, b) => a.id.length - b.id.length || (a.id < b.id ? -1 : 1));
  for (const { id, category } of byAge) {
    const home = hash(category) % plots.length;
    let best = -1;
    for (const plot of free) if (best < 0 || Math.abs(plot - home) < Math.abs(best - home)) best = plot;
    free.delete(best);
    chosen.set(id, plots[best]);
  }
  return channels.map(({ id }) => chosen.get(id) ?? plots[0]);
}

/** Channels as districts: together by category, in Discord's order. @param {ChannelInfo[]} channels */
function inOrder(channels) {
  /** @type {Map<string, number>} */
  const first = new Map();
  for (const { category, position } of channels) {
    first.set(category, Math.min(position, first.get(category) ?? Infinity));
  }
  const rank = (/** @type {ChannelInfo} */ channel) => first.get(channel.category) ?? 0;
  const order = [...channels].sort(
    (a, b) => rank(a) - rank(b) || (a.category < b.category ? -1 : Number(a.category > b.category))
      || a.position - b.position || (a.id < b.id ? -1 : 1),
  );
  if (order.length) return order;
  return [{ id: MIDDLE, name: '', kind: 'text', category: '', position: 0 }];
}

/**
 * Bare land: its outline, its heights, its beaches.
 *
 * @param {number} seed
 * @param {number} area
 * @returns {Generator<void, Terrain>}
 */
function* raise(seed, area) {
  const radius = Math.sqrt(area / Math.PI);
  const side = Math.ceil(radius * 3) + 16;
  const count = side * side;
  /** @type {Terrain} */
  const land = {
    seed, side, radius,
    ground: new Uint8Array(count), height: new Uint8Array(count), open: new Uint8Array(count), ways: new Uint8Array(count),
    zone: new Int16Array(count), district: new Uint8Array(count), trail: new Uint8Array(count),
    offshore: new Uint8Array(count), raised: new Uint8Array(count),
    channels: [], places: [], props: [], lighthouse: 0, pier: [], tents: [], walkable: 0,
  };
  yield* outline(land, area);
  yield* lift(land);
  yield* measureSea(land);
  yield* through(count, (cell) => {
    if (land.ground[cell] && !land.height[cell] && nearWater(land, cell)) land.ground[cell] = SAND;
  });
  return land;
}

/** The cells nearest to the middle, by a distance that wobbles, as many as wanted. @param {Terrain} land @param {number} area @returns {Work} */
function* outline({ seed, side, radius, ground }, area) {
  const [lobes, ruggedness] = [mix(seed, 1), mix(seed, 2)];
  const middle = side / 2;
  const far = new Float32Array(side * side);
  yield* through(far.length, (cell) => {
    const x = cell % side;
    const y = (cell / side) | 0;
    const dx = x + 0.5 - middle;
    const dy = y + 0.5 - middle;
    const distance = Math.sqrt(dx * dx + dy * dy);
    if (Math.min(x, y, side - 1 - x, side - 1 - y) < SEA || distance > OUTSIDE * radius) far[cell] = Infinity;
    if (distance < INSIDE * radius || far[cell]) return;
    const lobe = noise(lobes, 3 + (1.6 * dx) / distance, 3 + (1.6 * dy) / distance) - 0.5;
    const rough = noise(ruggedness, dx / 4.5, dy / 4.5) - 0.5;
    // fuller towards the corners of the screen than an ellipse
    const round = (Math.abs(dx - dy) ** 2.5 + Math.abs(dx + dy) ** 2.5) ** 0.4 / Math.SQRT2;
    far[cell] = round * (1 + 0.24 * lobe) + rough * (1.4 + radius * 0.1);
  });
  const limit = far.slice().sort()[area];
  yield* through(far.length, (cell) => { ground[cell] = far[cell] < limit ? GRASS : WATER; });
  const heart = Math.floor(middle) * side + Math.floor(middle);
  const reached = flood(side, heart, (_, to) => ground[to] === GRASS);
  yield* through(far.length, (cell) => { if (!reached[cell]) ground[cell] = WATER; });
}

/** Terraces that climb away from the viewer. @param {Terrain} land @returns {Work} */
function* lift({ seed, side, radius, ground, height }) {
  const bumps = mix(seed, 3);
  const middle = side / 2;
  const levels = Math.min(MAX_HEIGHT, Math.floor(radius / 6));
  for (let y = side - 2; y >= 0; y--) {
    if (y % 8 === 0) yield;
    for (let x = side - 2; x >= 0; x--) {
      const cell = y * side + x;
      const back = (middle * 2 - x - y) / (radius * 2.6) + (noise(bumps, x / 9, y / 9) - 0.5) * 0.8;
      const front = Math.max(height[cell + 1], height[cell + side]);
      const raw = back < 0.08 ? 0 : Math.min(levels, 1 + Math.floor((back - 0.08) * 3.4));
      height[cell] = Math.max(front, Math.min(raw, Math.min(height[cell + 1], height[cell + side]) + 1));
    }
  }
  yield* through(height.length, (cell) => { if (!ground[cell]) height[cell] = 0; });
}

/** How far out at sea each cell of water is, in sixteenths of a cell: there and back over all of them. @param {Terrain} land @returns {Work} */
function* measureSea({ side, ground, offshore }) {
  yield* through(ground.length, (cell) => { offshore[cell] = ground[cell] ? 0 : FAR_OUT; });
  const first = side + 1;
  const count = ground.length - 2 * first;
  yield* through(count, (i) => approach(first + i, -1, -side));
  yield* through(count, (i) => approach(first + count - 1 - i, 1, side));

  /** @param {number} cell @param {number} across @param {number} down */
  function approach(cell, across, down) {
    const straight = Math.min(offshore[cell + across], offshore[cell + down]) + 16;
    const slanting = Math.min(offshore[cell + down + across], offshore[cell + down - across]) + 23;
    offshore[cell] = Math.min(offshore[cell], straight, slanting);
  }
}

/** @param {number} side @param {number} cell */
export function neighbours(side, cell) {
  const x = cell % side;
  const y = (cell / side) | 0;
  const found = [];
  for (let dy = -1; dy <= 1; dy++) {
    for (let dx = -1; dx <= 1; dx++) {
      if ((dx || dy) && x + dx >= 0 && y + dy >= 0 && x + dx < side && y + dy < side) found.push(cell + dy * side + dx);
    }
  }
  return found;
}

/** @param {Terrain} land @param {number} cell not at the edge of the sea */
function nearWater({ side, ground }, cell) {
  for (let row = cell - side; row <= cell + side; row += side) {
    if (ground[row - 1] === WATER || ground[row] === WATER || ground[row + 1] === WATER) return true;
  }
  return false;
}

/**
 * Whether everything within `reach` cells is dry and level.
 *
 * @param {Terrain} land
 * @param {number} cell
 * @param {number} reach
 */
function isLevel({ side, ground, height }, cell, reach) {
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      const near = cell + dy * side + dx;
      if (!ground[near] || height[near] !== height[cell]) return false;
    }
  }
  return true;
}

/**
 * Cells for so many places, spread as widely as they can be; along a curve that keeps neighbours together.
 *
 * @param {Terrain} land
 * @param {number} count
 * @returns {Generator<void, number[] | null>} null if there is no room
 */
function* choose(land, count) {
  const { seed, side, ground } = land;
  /** @type {number[]} */
  const cells = [];
  yield* through(ground.length, (cell) => { if (ground[cell] && isLevel(land, cell, ZONE)) cells.push(cell); });
  new Random(mix(seed, 4)).shuffle(cells);
  const widest = Math.ceil((2 * land.radius) / Math.sqrt(count)) + 2;
  for (let apart = Math.max(widest, 2 * ZONE + 2); apart > 2 * ZONE; apart--) {
    yield;
    const spots = spread(cells, side, apart);
    if (spots.length < count) continue;
    spots.sort((a, b) => along(a, side) - along(b, side));
    return Array.from({ length: count }, (_, i) => spots[Math.floor(((i + 0.5) * spots.length) / count)]);
  }
  return null;
}

/** Those of the cells, as they come, that are so far from all that were taken before. @param {number[]} cells @param {number} side @param {number} apart */
function spread(cells, side, apart) {
  const wide = Math.ceil(side / apart) + 2;
  const blocks = new Int32Array(wide * wide).fill(-1); // squares as wide as the distance: one fits into each
  return cells.filter((cell) => {
    const x = cell % side;
    const y = (cell / side) | 0;
    const block = (((y / apart) | 0) + 1) * wide + ((x / apart) | 0) + 1;
    for (let i = 0; i < 9; i++) {
      const other = blocks[block + (((i / 3) | 0) - 1) * wide + (i % 3) - 1];
      if (other >= 0 && Math.max(Math.abs((other % side) - x), Math.abs(((other / side) | 0) - y)) < apart) return false;
    }
    blocks[block] = cell;
    return true;
  });
}

/** Where a cell comes on a Hilbert curve. @param {number} cell @param {number} side */
function along(cell, side) {
  let x = cell % side;
  let y = (cell / side) | 0;
  let order = 1;
  while (order < side) order *= 2;
  let position = 0;
  for (let half = order / 2; half >= 1; half /= 2) {
    const right = (x & half) > 0 ? 1 : 0;
    const low = (y & half) > 0 ? 1 : 0;
    position += half * half * ((3 * right) ^ low);
    if (low) continue;
    if (right) {
      x = order - 1 - x;
      y = order - 1 - y;
    }
    [x, y] = [y, x];
  }
  return position;
}

/** @param {ChannelInfo} channel @returns {Thing} */
function thingFor({ id, kind }) {
  if (kind === 'voice') return 'fire';
  if (kind === 'stage') return 'stage';
  if (kind === 'forum' || kind === 'news') return 'board';
  return THINGS[hash(id) % THINGS.length];
}

/**
 * Makes bare land a place to live in.
 *
 * @param {Terrain} land
 * @param {number[]} spots
 * @param {ChannelInfo[]} channels
 * @returns {Work}
 */
function* settle(land, spots, channels) {
  const { ground, open } = land;
  yield* through(ground.length, (cell) => { open[cell] = ground[cell] ? 1 : 0; });
  const categories = [...new Set(channels.map(({ category }) => category))];
  channels.forEach((channel, i) => addPlace(land, channel, spots[i], categories.indexOf(channel.category)));
  yield* divide(land);
  yield* addPier(land);
  yield* addLighthouse(land);
  yield* addTents(land);
  yield* layTrails(land);
  yield* plant(land);
  yield* closeOff(land);
  yield* findWays(land);
}

/** @param {Terrain} land @param {ChannelInfo} channel @param {number} cell @param {number} district */
function addPlace(land, channel, cell, district) {
  const { side, ground, zone, open, raised } = land;
  const thing = thingFor(channel);
  const boards = thing === 'stage' ? [cell, cell + 1 - side, cell - 1 + side] : []; // side by side for who looks on
  const place = { id: channel.id, name: channel.name, thing, cell, x: cell % side, y: (cell / side) | 0, district, boards };
  land.places.push(place);
  for (let dy = -ZONE; dy <= ZONE; dy++) {
    for (let dx = -ZONE; dx <= ZONE; dx++) {
      const near = cell + dy * side + dx;
      zone[near] = land.places.length;
      if (dx * dx + dy * dy <= 5 && ground[near] !== SAND) ground[near] = PLAZA;
    }
  }
  open[cell] = 0;
  for (const board of boards) {
    open[board] = 0;
    raised[board] = 1;
  }
  if (place.id === MIDDLE) return;
  const sign = cell + 2 * side - 1;
  open[sign] = 0;
  land.props.push({ kind: 'sign', cell: sign, variant: land.places.length - 1 });
}

/** Gives every cell to the district of the place that is nearest. @param {Terrain} land @returns {Work} */
function* divide({ side, ground, district, places }) {
  const owner = new Int16Array(ground.length).fill(-1);
  let edge = places.map(({ cell }) => cell);
  places.forEach((place) => { owner[place.cell] = place.district; });
  while (edge.length) {
    yield;
    const next = [];
    for (const cell of edge) {
      for (const to of [cell - 1, cell + 1, cell - side, cell + side]) {
        if (!ground[to] || owner[to] >= 0) continue;
        owner[to] = owner[cell];
        next.push(to);
      }
    }
    edge = next;
  }
  yield* through(owner.length, (cell) => { district[cell] = Math.max(0, owner[cell]); });
}

/** Planks over the water at the front, where boats land. @param {Terrain} land @returns {Work} */
function* addPier(land) {
  const { side, ground, height, zone, open } = land;
  let best = -1;
  let bestScore = -Infinity;
  yield* through(ground.length, (cell) => {
    if (!ground[cell] || height[cell] || zone[cell] || ground[cell + 1] || ground[cell + 2] || ground[cell + 3]) return;
    const x = cell % side;
    const y = (cell / side) | 0;
    const score = x + y - Math.abs(x - y) * 0.8;
    if (score > bestScore) [best, bestScore] = [cell, score];
  });
  if (best < 0) best = land.places[0].cell; // no shore without a place on it: boats land in the middle of nowhere
  land.pier = [best, best + 1, best + 2, best + 3];
  for (const cell of land.pier) {
    ground[cell] = PLANKS;
    open[cell] = 1;
  }
}

/** On the highest ground, at the back. @param {Terrain} land @returns {Work} */
function* addLighthouse(land) {
  const { side, ground, height, zone, open } = land;
  let best = land.pier[0];
  let bestScore = -Infinity;
  yield* through(ground.length, (cell) => {
    if (ground[cell] === WATER || ground[cell] === PLANKS || zone[cell]) return;
    const x = cell % side;
    const y = (cell / side) | 0;
    const score = height[cell] * 4 + (x - y) * 0.5 - Math.abs(x + y - side) * 0.35 + (isLevel(land, cell, 1) ? 6 : 0);
    if (score > bestScore) [best, bestScore] = [cell, score];
  });
  land.lighthouse = best;
  land.props.push({ kind: 'lighthouse', cell: best, variant: 0 });
  open[best] = 0;
}

/** Pitches along the coast on the left. @param {Terrain} land @returns {Work} */
function* addTents(land) {
  const { side, ground, zone, open, seed } = land;
  /** @type {number[]} */
  const cells = [];
  yield* through(ground.length, (cell) => {
    if (!open[cell] || zone[cell] || ground[cell] === PLANKS || !isNearShore(land, cell)) return;
    const x = cell % side;
    const y = (cell / side) | 0;
    if (y - x > land.radius * 0.3) cells.push(cell);
  });
  new Random(mix(seed, 5)).shuffle(cells);
  land.tents = spread(cells, side, 3).slice(0, Math.max(3, Math.min(24, Math.round(land.radius / 1.5))));
  for (const cell of land.tents) open[cell] = 0;
}

/** @param {Terrain} land @param {number} cell */
function isNearShore({ side, ground }, cell) {
  for (let d = 1; d <= 3; d++) if (!ground[cell + d * side] || !ground[cell - d]) return true;
  return false;
}

/** Joins every place to the others by trails, the ones nearest to the pier first. @param {Terrain} land @returns {Work} */
function* layTrails(land) {
  const { side, trail, pier, places, tents, lighthouse } = land;
  for (const cell of pier) trail[cell] = 1;
  const away = (/** @type {number} */ cell) =>
    Math.hypot((cell % side) - (pier[0] % side), ((cell / side) | 0) - ((pier[0] / side) | 0));
  const order = places.map(({ cell }) => cell).sort((a, b) => away(a) - away(b));
  const before = new Int32Array(side * side);
  for (const start of [...order, ...tents.slice(0, 1), lighthouse]) {
    yield;
    before.fill(-1);
    for (let cell = wayToTrail(land, start, before); cell >= 0 && cell !== start; cell = before[cell]) trail[cell] = 1;
  }
}

/**
 * Where the nearest trail is met, or -1; `before` tells the way back.
 *
 * @param {Terrain} land
 * @param {number} start
 * @param {Int32Array} before
 */
function wayToTrail({ side, open, height, trail }, start, before) {
  before[start] = start;
  let edge = [start];
  while (edge.length) {
    const next = [];
    for (const cell of edge) {
      if (trail[cell]) return cell;
      for (const to of [cell + 1, cell + side, cell - 1, cell - side]) {
        if (before[to] >= 0 || !open[to] || Math.abs(height[to] - height[cell]) > 1) continue;
        before[to] = cell;
        next.push(to);
      }
    }
    edge = next;
  }
  return -1;
}

/** Trees in groves, bushes, rocks. @param {Terrain} land @returns {Work} */
function* plant(land) {
  const { seed, side, ground, zone, trail, open, pier, tents, lighthouse } = land;
  const groves = mix(seed, 6);
  const taken = new Set([...pier, ...tents, lighthouse].flatMap((cell) => [cell, ...neighbours(side, cell)]));
  yield* through(ground.length, (cell) => {
    const chance = mix(seed, cell, 7) / 0xffffffff;
    const variant = mix(seed, cell, 8) & 0xff;
    const isShallow = land.offshore[cell] > 20 && land.offshore[cell] < 70;
    if (isShallow && chance < 0.008) land.props.push({ kind: 'rock', cell, variant });
    if (!open[cell] || zone[cell] || trail[cell] || taken.has(cell)) return;
    if (ground[cell] === SAND) {
      if (chance < 0.03) add(chance < 0.014 ? 'rock' : 'tree');
      return;
    }
    const thick = noise(groves, (cell % side) / 4, ((cell / side) | 0) / 4);
    const steep = land.height[cell] > 0 && thick > 0.5;
    if (chance < Math.max(0.022, (thick - 0.56) * 0.8) + (steep ? 0.04 : 0)) add('tree');
    else if (chance > 0.975) add(chance > 0.99 ? 'rock' : 'bush');

    /** @param {Prop['kind']} kind */
    function add(kind) {
      land.props.push({ kind, cell, variant });
      open[cell] = 0;
    }
  });
}

/** Lets nobody stand where nobody can walk to. @param {Terrain} land @returns {Work} */
function* closeOff(land) {
  const { side, open, height, pier } = land;
  const reached = flood(side, pier[0], (from, to) => open[to] === 1 && Math.abs(height[to] - height[from]) <= 1);
  yield* through(open.length, (cell) => {
    if (reached[cell]) land.walkable += open[cell];
    else open[cell] = 0;
  });
}

/** Which steps lead where one can go: dry, not too high, and not through a corner. @param {Terrain} land @returns {Work} */
function* findWays({ side, open, height, raised, ways }) {
  yield* through(open.length, (from) => {
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
 * @param {number} side
 * @param {number} start
 * @param {(from: number, to: number) => boolean} isWay
 */
export function flood(side, start, isWay) {
  const reached = new Uint8Array(side * side);
  reached[start] = 1;
  const open = [start];
  for (let cell = open.pop(); cell !== undefined; cell = open.pop()) {
    for (const to of [cell - 1, cell + 1, cell - side, cell + side]) {
      if (to < 0 || to >= reached.length || reached[to] || !isWay(cell, to)) continue;
      reached[to] = 1;
      open.push(to);
    }
  }
  return reached;
}
