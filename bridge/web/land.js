/**
 * The island as pixels: baked once, mended where it is walked on. A pixel is an ink; see `inks.js`.
 *
 * @typedef {import('./terrain.js').Terrain} Terrain
 */

import {
  DEEP, EARTH_INK, FOAM, GRASS_INK, MID, PATH_INK, PETAL_INK, PHASES, PLAZA_INK, SAND_INK, SHALLOW, WOOD_INK, YELLOW_INK,
} from './inks.js';
import { mix, noise } from './random.js';
import { BIOMES, GRASS, PLANKS, PLAZA, SAND, WATER } from './terrain.js';

/** Half a cell's width and height on the screen, and how much a terrace is higher than the next. */
export const HALF_WIDTH = 8;
export const HALF_HEIGHT = 4;
export const RISE = 7;

/** The grain of everything repeats after so many pixels. */
export const GRAIN = 128;
const MARGIN = 8; // cells of sea around the land
/** The pixels of a cell's diamond, relative to its upper corner. @type {{x: number, y: number, u: number, v: number}[]} */
const DIAMOND = [];
for (let y = 0; y < 8; y++) {
  const half = y < 4 ? 1 + 2 * y : 1 + 2 * (7 - y);
  for (let x = -half; x < half; x++) {
    const across = (x + 0.5) / HALF_WIDTH;
    const down = (y + 0.5) / HALF_HEIGHT;
    DIAMOND.push({ x, y, u: (down + across) / 2, v: (down - across) / 2 });
  }
}

/**
 * Something at a point of a cell, from its own middle and those of the cells around it.
 *
 * @param {Float32Array} near
 * @param {number} u
 * @param {number} v
 */
function between(near, u, v) {
  const column = u < 0.5 ? 0 : 1;
  const row = v < 0.5 ? 0 : 1;
  const fu = u + 0.5 - column;
  const fv = v + 0.5 - row;
  const i = row * 3 + column;
  return (near[i] * (1 - fu) + near[i + 1] * fu) * (1 - fv) + (near[i + 3] * (1 - fu) + near[i + 4] * fu) * fv;
}

/** How wide a shadow is, by what casts it. @type {Record<string, number>} */
const SHADOWS = { tree: 9, bush: 7, rock: 6, lighthouse: 14, sign: 4 };

/** How far something towers over its cell's upper corner. @type {Record<string, number>} */
const TALL = { tree: 26, lighthouse: 70, thing: 30 };

/** @param {number} length @param {number} seed */
function grain(length, seed) {
  return new Float32Array(length * length).map((_, i) => mix(seed, i) / 0xffffffff);
}

/** Noise that can be tiled. @param {number} wide @param {number} high @param {number} seed */
function clouds(wide, high, seed) {
  const grid = new Float32Array(wide * high).map((_, i) => mix(seed, i % wide, (i / wide) | 0) / 0xffffffff);
  const at = (/** @type {number} */ x, /** @type {number} */ y) => grid[(y % high) * wide + (x % wide)];
  return new Float32Array(GRAIN * GRAIN).map((_, i) => {
    const x = ((i % GRAIN) * wide) / GRAIN;
    const y = (((i / GRAIN) | 0) * high) / GRAIN;
    const fx = x % 1;
    const fy = y % 1;
    const [l, t] = [Math.floor(x), Math.floor(y)];
    return (at(l, t) * (1 - fx) + at(l + 1, t) * fx) * (1 - fy) + (at(l, t + 1) * (1 - fx) + at(l + 1, t + 1) * fx) * fy;
  });
}

export const WHITE = grain(GRAIN, 11);
const WARP_X = clouds(30, 44, 12);
const WARP_Y = clouds(30, 44, 13);
const SWELL = clouds(6, 5, 14);
const CALM = clouds(9, 21, 15);
/** Which phase of water each pixel has: long low waves, broken where it is calm. */
const PHASE = new Uint8Array(GRAIN * GRAIN).map((_, i) =>
  CALM[i] < 0.6 ? PHASES : Math.floor(((i / GRAIN) | 0) + SWELL[i] * 26) % PHASES);

/** Where a pixel is in what repeats. @param {number} x @param {number} y */
const tile = (x, y) => ((y & (GRAIN - 1)) * GRAIN) | (x & (GRAIN - 1));

/** How far to the side the open sea is moved when it comes again further down, or one would see it repeat. */
export const SEA_SHIFT = 46;
/** Where a pixel is in the open sea. @param {number} x @param {number} y */
const seaTile = (x, y) => tile(x + SEA_SHIFT * Math.floor(y / GRAIN), y);

/** The open sea, over and over. */
export const OPEN_SEA = PHASE.map((phase) => DEEP + phase);

export class Land {
  /** Where the picture's upper left corner is, in pixels from the upper corner of cell 0. */
  left = 0;
  top = 0;
  width = 0;
  height = 0;
  #pixels = new Uint8Array(0);
  /** Parts of the picture that were drawn again, for who keeps a copy. @type {{x: number, y: number, width: number, height: number}[]} */
  mended = [];
  /** How much darker the ground is where something stands in the sun. */
  #shade = new Uint8Array(0);
  #terrain;
  /** The land itself, in the same pixels as `left` and `top`. */
  bounds = { left: 0, right: 0, top: 0, bottom: 0 };
  /** Where the grass is darker, at the upper corner of each cell. */
  #soft;
  /** Of a cell and the eight around it: how much is beach, how far out it is, how much is land. */
  #near = [new Float32Array(9), new Float32Array(9), new Float32Array(9)];
  /** @type {(cell: number) => number} */
  #wearAt;

  /**
   * @param {Terrain} terrain
   * @param {(cell: number) => number} wearAt
   */
  constructor(terrain, wearAt) {
    this.#terrain = terrain;
    this.#wearAt = wearAt;
    const meadows = noise(mix(terrain.seed, 21));
    this.#soft = new Float32Array(terrain.ground.length).map((_, cell) =>
      terrain.ground[cell] ? meadows((cell % terrain.side) / 5, Math.floor(cell / terrain.side) / 5) : 0.5);
    this.#measure();
  }

  /** The inks, baked when somebody looks at them first: some islands are left again before. */
  get pixels() {
    if (!this.#pixels.length) this.#bake();
    return this.#pixels;
  }

  #measure() {
    const { side, ground } = this.#terrain;
    let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let cell = 0; cell < ground.length; cell++) {
      if (!ground[cell]) continue;
      const x = cell % side;
      const y = (cell / side) | 0;
      left = Math.min(left, x - y);
      right = Math.max(right, x - y);
      top = Math.min(top, x + y);
      bottom = Math.max(bottom, x + y);
    }
    this.left = (left - 2 * MARGIN) * HALF_WIDTH;
    this.top = (top - 2 * MARGIN) * HALF_HEIGHT;
    this.width = (right - left + 4 * MARGIN) * HALF_WIDTH;
    this.height = (bottom - top + 4 * MARGIN) * HALF_HEIGHT;
    const { props, places } = this.#terrain;
    const tops = [
      ...props.map(({ cell, kind }) => this.#corner(cell).y - (TALL[kind] ?? 0)),
      ...places.map(({ cell }) => this.#corner(cell).y - TALL.thing),
    ];
    this.bounds = {
      left: (left - 1) * HALF_WIDTH, right: (right + 1) * HALF_WIDTH,
      top: tops.reduce((least, one) => Math.min(least, one), top * HALF_HEIGHT), bottom: (bottom + 2) * HALF_HEIGHT,
    };
  }

  #bake() {
    const { side, ground, offshore, props, places } = this.#terrain;
    const { width, height } = this;
    this.#pixels = new Uint8Array(width * height);
    this.#shade = new Uint8Array(width * height);
    for (const { cell, kind } of props) this.#castShadow(cell, SHADOWS[kind] ?? 4);
    for (const { cell } of places) this.#castShadow(cell, 12);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) this.#pixels[y * width + x] = DEEP + PHASE[seaTile(x + this.left, y + this.top)];
    }
    for (let sum = 0; sum < 2 * side - 1; sum++) {
      for (let y = Math.max(0, sum - side + 1); y <= Math.min(side - 1, sum); y++) {
        const cell = y * side + sum - y;
        if (ground[cell] === WATER) {
          if (offshore[cell] < 7 * 16) this.#bakeSea(cell);
        } else {
          this.#bakeTop(cell);
          this.#bakeCliff(cell);
        }
      }
    }
  }

  /** @param {number} cell @param {number} wide */
  #castShadow(cell, wide) {
    const corner = this.#corner(cell);
    const high = wide / 2;
    for (let y = -high; y <= high; y++) {
      for (let x = -wide; x <= wide; x++) {
        if ((x / wide) ** 2 + (y / high) ** 2 > 1) continue;
        const column = corner.x + x + Math.round(wide / 4) - this.left;
        const row = corner.y + HALF_HEIGHT + Math.round(y) - this.top;
        if (column >= 0 && row >= 0 && column < this.width && row < this.height) this.#shade[row * this.width + column] = 2;
      }
    }
  }

  /** Draws again what has changed since. @param {number[]} cells */
  mend(cells) {
    if (!this.#pixels.length) return;
    const { side, ground } = this.#terrain;
    const around = new Set(cells.flatMap((cell) => [cell, cell - 1, cell + 1, cell - side, cell + side]));
    for (const cell of around) {
      if (!ground[cell]) continue;
      this.#bakeTop(cell);
      const { x, y } = this.#corner(cell);
      this.mended.push({ x: x - HALF_WIDTH - this.left, y: y - this.top, width: 2 * HALF_WIDTH, height: 2 * HALF_HEIGHT });
    }
  }

  /** @param {number} cell */
  #corner(cell) {
    const { side, height } = this.#terrain;
    const x = cell % side;
    const y = (cell / side) | 0;
    return { x: (x - y) * HALF_WIDTH, y: (x + y) * HALF_HEIGHT - height[cell] * RISE };
  }

  /** @param {number} x @param {number} y @param {number} ink */
  #set(x, y, ink) {
    const column = x - this.left;
    const row = y - this.top;
    if (column >= 0 && row >= 0 && column < this.width && row < this.height) this.#pixels[row * this.width + column] = ink;
  }

  /** @param {number} cell */
  #bakeSea(cell) {
    const corner = this.#corner(cell);
    this.#survey(cell);
    for (const { x, y, u, v } of DIAMOND) this.#set(corner.x + x, corner.y + y, this.#seaInk(u, v, corner.x + x, corner.y + y));
  }

  /** Looks around a cell at the shore. @param {number} cell */
  #survey(cell) {
    const { side, ground, offshore } = this.#terrain;
    const [beach, far, dry] = this.#near;
    for (let i = 0; i < 9; i++) {
      const near = cell + (((i / 3) | 0) - 1) * side + (i % 3) - 1;
      beach[i] = ground[near] === SAND ? 1 : 0;
      far[i] = offshore[near] / 16;
      dry[i] = ground[near] ? 1 : 0;
    }
  }

  /**
   * Water, or the beach's last sand, in the cell that was surveyed.
   *
   * @param {number} u
   * @param {number} v
   * @param {number} px
   * @param {number} py
   */
  #seaInk(u, v, px, py) {
    const at = tile(px, py);
    const beach = between(this.#near[0], u, v) + (WARP_X[at] - 0.5) * 0.5;
    if (beach > 0.5) return SAND_INK + (beach < 0.58 ? 0 : 1);
    const far = between(this.#near[1], u, v);
    const rough = far + (WARP_X[at] - 0.5) * 0.7 + (WHITE[at] - 0.5) * 0.25;
    if (rough < 1.25) return FOAM + (Math.floor(far * 9 + WARP_Y[at] * 4) % PHASES);
    return (rough < 2.9 ? SHALLOW : rough < 5.2 ? MID : DEEP) + PHASE[seaTile(px, py)];
  }

  /** @param {number} cell */
  #bakeTop(cell) {
    const corner = this.#corner(cell);
    if (this.#terrain.ground[cell] === SAND) this.#survey(cell);
    for (const { x, y, u, v } of DIAMOND) this.#set(corner.x + x, corner.y + y, this.#inkAt(cell, u, v, corner.x + x, corner.y + y));
    this.#decorate(cell, corner);
  }

  /** Tufts and flowers. @param {number} cell @param {{x: number, y: number}} corner */
  #decorate(cell, corner) {
    const { seed, ground, district, trail, open } = this.#terrain;
    if (ground[cell] !== GRASS || trail[cell] || this.#wearAt(cell) || !open[cell]) return;
    const dice = mix(seed, cell, 31);
    const x = corner.x + (dice % 7) - 3;
    const y = corner.y + 3 + ((dice >>> 4) % 3);
    const grass = GRASS_INK[district[cell] % BIOMES];
    const flowery = this.#soft[cell] > 0.6 ? 60 : 14;
    if ((dice >>> 8) % 256 < flowery) {
      const petal = PETAL_INK[(district[cell] + (dice >>> 16) % 2) % PETAL_INK.length];
      for (let i = 0; i < 1 + (dice >>> 20) % 3; i++) {
        const [fx, fy] = [x + i * 3 - (i % 2) * 5, y + (i % 2) * 2 - 1];
        this.#set(fx, fy, petal + 1);
        this.#set(fx + 1, fy, petal + 1);
        this.#set(fx, fy + 1, petal);
        this.#set(fx + 1, fy + 1, i % 2 ? petal : YELLOW_INK + 2);
      }
    } else if ((dice >>> 8) % 256 > 150) {
      for (const [dx, dy] of [[-1, -1], [-1, 0], [0, 0], [1, 0], [1, -1], [1, -2]]) this.#set(x + dx, y + dy, grass + (dy < -1 ? 1 : 0));
    }
  }

  /**
   * The ground at a point of a cell. Borders between kinds of ground wander, or all would be diamonds.
   *
   * @param {number} cell
   * @param {number} u
   * @param {number} v
   * @param {number} px
   * @param {number} py
   */
  #inkAt(cell, u, v, px, py) {
    const { side, ground, height, district, trail } = this.#terrain;
    const at = tile(px, py);
    const white = WHITE[at];
    if (ground[cell] === PLANKS) return WOOD_INK + (Math.floor(v * 4) === Math.floor((v + 0.12) * 4) ? 3 : 1);
    if (ground[cell] === SAND && !height[cell]) {
      const ink = this.#seaInk(u, v, px, py);
      if (ink < SAND_INK && between(this.#near[2], u, v) < 0.8) return ink;
    }
    const wander = 1.1;
    const du = Math.floor(u + (WARP_X[at] - 0.5) * wander);
    const dv = Math.floor(v + (WARP_Y[at] - 0.5) * wander);
    let from = cell + dv * side + du;
    if (!ground[from] || ground[from] === PLANKS || height[from] !== height[cell]) from = cell;
    const dark = this.#soft;
    const soft = (dark[cell] * (1 - u) + dark[cell + 1] * u) * (1 - v) + (dark[cell + side] * (1 - u) + dark[cell + side + 1] * u) * v;
    const isUnderCliff = (height[cell - 1] > height[cell] && u < 0.25) || (height[cell - side] > height[cell] && v < 0.25);
    const isBrink = (height[cell + 1] < height[cell] && u > 0.84) || (height[cell + side] < height[cell] && v > 0.84);
    const sun = Number(isBrink) - Number(isUnderCliff) - this.#shade[(py - this.top) * this.width + px - this.left];
    const shade = Math.min(4, Math.max(0, Math.floor(2 + (soft - 0.5) * 2.2 + (white - 0.5) * 1.1) + sun));
    if (ground[from] === SAND) return SAND_INK + shade;
    const wear = ground[from] === PLAZA ? 3 : Math.max(this.#wearAt(from), trail[from] ? 2 : 0);
    if (ground[from] === PLAZA) return PLAZA_INK + shade;
    if (wear >= 2 || (wear === 1 && white < 0.45)) return PATH_INK + shade;
    const grass = GRASS_INK[district[from] % BIOMES];
    return grass + shade;
  }

  /** The two faces of a cell that fall away towards the viewer. @param {number} cell */
  #bakeCliff(cell) {
    const { side, height, ground, district } = this.#terrain;
    const corner = this.#corner(cell);
    const drops = [height[cell] - height[cell + side], height[cell] - height[cell + 1]];
    drops.forEach((drop, face) => {
      const low = ground[face ? cell + 1 : cell + side] === WATER;
      if (low && ground[cell] === SAND && !height[cell]) return; // a beach ends softly
      const deep = drop * RISE + (low ? 2 : 0);
      if (deep <= 0) return;
      for (let i = 0; i < HALF_WIDTH; i++) {
        const x = face ? i : i - HALF_WIDTH;
        const edge = 8 - Math.floor(((face ? i : HALF_WIDTH - 1 - i) + 1) / 2);
        for (let y = 0; y < deep; y++) {
          const px = corner.x + x;
          const py = corner.y + edge + y;
          const at = tile(px, py);
          const turf = 2 + Math.floor(WARP_X[tile(px * 5, 7)] * 2.5);
          let ink = EARTH_INK + (face ? 1 : 3) + (WHITE[at] > 0.82 ? 1 : 0) - (WARP_Y[tile(px, py * 4)] > 0.62 ? 1 : 0);
          if (height[cell] && y < turf && ground[cell] !== SAND) ink = GRASS_INK[district[cell] % BIOMES] + (face ? 0 : 1);
          if (ground[cell] === SAND || (!height[cell] && low)) ink = SAND_INK + (face ? 0 : 1);
          if (ground[cell] === PLANKS) ink = WOOD_INK + (face ? 0 : 1);
          this.#set(px, py, ink);
        }
      }
    });
  }
}
