/**
 * The island's ground as pixels, at one size: baked once, in slices, mended where it is walked on. A pixel is an ink; see
 * `inks.js`. At half the size every other pixel of every other row is baked: what nobody sees costs nothing.
 *
 * @typedef {import('./terrain.js').Terrain} Terrain
 * @typedef {{left: number, top: number, width: number, height: number}} Extent in full-size pixels
 * @typedef {{xs: Int8Array, ys: Int8Array, us: Uint8Array, vs: Uint8Array}} Diamond
 *   the pixels of a cell: where they are from its upper corner, and how far along its two edges
 *
 * All of it is done in whole numbers, because it is done before JavaScript is compiled, when each broken number
 * is an object: along a cell's edge there are `FRACTIONS`, and of what varies from 0 to 1 there are 256.
 */

import { SEA, WARP_X, WARP_Y, WHITE, openSeaAt, phaseAt, repeat, tile } from './grain.js';
import {
  DEEP, EARTH_INK, FOAM, GRASS_INK, HEART_INK, MID, PATH_INK, PETAL_INK, PHASES, PLAZA_INK, SAND_INK, SHALLOW, WATER_END, WOOD_INK,
} from './inks.js';
import { mix, noise } from './random.js';
import { through } from './slices.js';
import { DECK, HALF_HEIGHT, HALF_WIDTH, RISE, cornerOf } from './spots.js';
import { BIOMES, GRASS, PLANKS, PLAZA, SAND, WATER } from './terrain.js';

const FRACTIONS = 32;
const SEA_ROWS = 64; // of open sea, at a time
const SHADOWED = 256; // things that cast a shadow, at a time
const WANDER = 282; // how far borders do, of 256 parts of a cell
/** By size: the diamonds of cells that begin in an even row, and in an odd one. */
const DIAMONDS = [1, 2].map((step) => [0, 1].map((odd) => diamond(step, odd)));

/** @param {number} step @param {number} odd @returns {Diamond} */
function diamond(step, odd) {
  /** @type {number[]} */
  const xs = [];
  /** @type {number[]} */
  const ys = [];
  for (let y = step === 2 ? odd : 0; y < 2 * HALF_HEIGHT; y += step) {
    const half = 1 + 2 * Math.min(y, 2 * HALF_HEIGHT - 1 - y);
    for (let x = -half; x < half; x++) {
      if (x % step) continue;
      xs.push(x);
      ys.push(y);
    }
  }
  const down = FRACTIONS / 2 / HALF_HEIGHT;
  const across = FRACTIONS / 2 / HALF_WIDTH;
  return {
    xs: Int8Array.from(xs),
    ys: Int8Array.from(ys),
    us: Uint8Array.from(xs, (x, i) => (ys[i] + 0.5) * down + (x + 0.5) * across),
    vs: Uint8Array.from(xs, (x, i) => (ys[i] + 0.5) * down - (x + 0.5) * across),
  };
}

/**
 * Something at a point between the middles of four.
 *
 * @param {number} a
 * @param {number} b beside it
 * @param {number} c below it
 * @param {number} d
 * @param {number} u
 * @param {number} v
 */
const blend = (a, b, c, d, u, v) =>
  ((a * (FRACTIONS - u) + b * u) * (FRACTIONS - v) + (c * (FRACTIONS - u) + d * u) * v) >> 10;

/**
 * Something at a point of a cell, from its own middle and those of the cells around it.
 *
 * @param {Int16Array} near
 * @param {number} u
 * @param {number} v
 */
function between(near, u, v) {
  const column = u < FRACTIONS / 2 ? 0 : 1;
  const row = v < FRACTIONS / 2 ? 0 : 1;
  const i = row * 3 + column;
  return blend(near[i], near[i + 1], near[i + 3], near[i + 4], u + FRACTIONS / 2 - column * FRACTIONS, v + FRACTIONS / 2 - row * FRACTIONS);
}

/** How wide a shadow is, by what casts it. @type {Record<string, number>} */
const SHADOWS = { tree: 9, bush: 7, rock: 6, lighthouse: 14, sign: 4 };

export class Ground {
  pixels;
  width;
  height;
  #terrain;
  #wearAt;
  #extent;
  /** 1, or 2 at half the size. */
  #step;
  /** Where it is darker because something stands in the sun: a bit for each pixel. */
  #shade;
  /** Where the grass is darker, at the upper corner of each cell. */
  #soft;
  /** Of a cell and the eight around it: how much is beach, how far out it is, how much is land. */
  #near = [new Int16Array(9), new Int16Array(9), new Int16Array(9)];

  /**
   * @param {Terrain} terrain
   * @param {(cell: number) => number} wearAt
   * @param {Extent} extent
   * @param {number} step 1, or 2 for half the size
   */
  constructor(terrain, wearAt, extent, step) {
    this.#terrain = terrain;
    this.#wearAt = wearAt;
    this.#extent = extent;
    this.#step = step;
    this.width = extent.width / step;
    this.height = extent.height / step;
    this.pixels = new Uint8Array(this.width * this.height);
    this.#shade = new Uint8Array((this.width * this.height + 7) >> 3);
    this.#soft = new Uint8Array(terrain.ground.length).fill(128);
  }

  /** Whether there is water. @param {number} x in pixels of its size @param {number} y */
  isSea(x, y) {
    const column = x - this.#extent.left / this.#step;
    const row = y - this.#extent.top / this.#step;
    return column < 0 || row < 0 || column >= this.width || row >= this.height || this.pixels[row * this.width + column] < WATER_END;
  }

  /** Makes it: from the back to the front. @returns {Generator<void, void>} */
  *bake() {
    const { side, ground, offshore, props, places, seed, first, last } = this.#terrain;
    const meadows = mix(seed, 21);
    yield* through(last - first, (i) => {
      const cell = first + i;
      if (ground[cell]) this.#soft[cell] = 256 * noise(meadows, (cell % side) / 5, ((cell / side) | 0) / 5);
    });
    yield* through(props.length, (i) => this.#castShadow(props[i].cell, SHADOWS[props[i].kind] ?? 4), SHADOWED);
    yield* through(places.length, (i) => this.#castShadow(places[i].cell, 12), SHADOWED);
    yield* through(this.height, (row) => this.#bakeOpenSea(row), SEA_ROWS);
    const low = first / side;
    const high = last / side - 1;
    for (let sum = 2 * low; sum <= 2 * high; sum++) {
      yield;
      for (let y = Math.max(low, sum - high); y <= Math.min(high, sum - low); y++) {
        const cell = y * side + sum - y;
        if (ground[cell] === WATER) {
          if (offshore[cell] < 10 * 16) this.#bakeSea(cell);
        } else {
          this.#bakeTop(cell);
          this.#bakeCliff(cell);
        }
      }
    }
    yield* through(last - first, (i) => { if (ground[first + i] === PLANKS) this.#bakePosts(first + i); });
  }

  /** What a pier stands on. @param {number} cell */
  #bakePosts(cell) {
    const { side, ground } = this.#terrain;
    const { x, y } = cornerOf(this.#terrain, cell);
    const posts = [...(ground[cell + side] ? [] : [[x - 7, y + 5], [x - 1, y + 8]]), ...(ground[cell + 1] ? [] : [[x + 1, y + 7], [x + 6, y + 5]])];
    for (const [px, py] of posts) {
      for (let down = -2; down < 8; down++) {
        this.#set(px, py + down, WOOD_INK + (down < 0 ? 3 : 1));
        this.#set(px + 1, py + down, WOOD_INK);
      }
      for (let i = -1; i < 3; i++) this.#set(px + i, py + 8, FOAM);
    }
  }

  /** @param {number} row */
  #bakeOpenSea(row) {
    const { left, top } = this.#extent;
    const y = row * this.#step + top;
    const at = row * this.width;
    for (let column = Math.min(this.width, SEA) - 1; column >= 0; column--) {
      this.pixels[at + column] = openSeaAt(left + column * this.#step, y);
    }
    repeat(this.pixels, at, at + this.width, SEA);
  }

  /** @param {number} cell @param {number} wide */
  #castShadow(cell, wide) {
    const corner = cornerOf(this.#terrain, cell);
    const high = wide / 2;
    for (let y = -high; y <= high; y++) {
      for (let x = -wide; x <= wide; x++) {
        if ((x / wide) ** 2 + (y / high) ** 2 > 1) continue;
        const at = this.#indexOf(corner.x + x + Math.round(wide / 4), corner.y + HALF_HEIGHT + Math.round(y));
        if (at >= 0) this.#shade[at >> 3] |= 1 << (at & 7);
      }
    }
  }

  /** How much darker it is at a pixel. @param {number} x @param {number} y */
  #shadeAt(x, y) {
    const at = this.#indexOf(x, y);
    return ((this.#shade[at >> 3] >> (at & 7)) & 1) * 2;
  }

  /** Bakes a cell's top again. @param {number} cell */
  mend(cell) {
    this.#bakeTop(cell);
  }

  /** Which of the pixels that is, or -1. @param {number} x @param {number} y */
  #indexOf(x, y) {
    const column = x - this.#extent.left;
    const row = y - this.#extent.top;
    if (column < 0 || row < 0 || column >= this.#extent.width || row >= this.#extent.height) return -1;
    if (this.#step === 1) return row * this.width + column;
    return (column | row) & 1 ? -1 : (row >> 1) * this.width + (column >> 1);
  }

  /** @param {number} x @param {number} y @param {number} ink */
  #set(x, y, ink) {
    const at = this.#indexOf(x, y);
    if (at >= 0) this.pixels[at] = ink;
  }

  /** Those of a cell's pixels that there are. @param {number} top where it begins */
  #diamond(top) {
    return DIAMONDS[this.#step - 1][top & 1];
  }

  /** @param {number} cell */
  #bakeSea(cell) {
    const { side, lift } = this.#terrain;
    const corner = cornerOf(this.#terrain, cell);
    this.#survey(cell);
    const drop = Math.max(0, lift[cell] - Math.min(lift[cell + 1], lift[cell + side], lift[cell + side + 1], lift[cell + 1 - side], lift[cell + side - 1]));
    const top = corner.y - lift[cell];
    for (let deep = drop; deep > 0; deep -= 2) this.#bakeWater(corner.x, top + deep); // no gap where it is lower before it
    this.#bakeWater(corner.x, top);
  }

  /** Water of the cell that was surveyed. @param {number} left @param {number} top */
  #bakeWater(left, top) {
    const { xs, ys, us, vs } = this.#diamond(top);
    for (let i = 0; i < xs.length; i++) {
      const x = left + xs[i];
      const y = top + ys[i];
      this.#set(x, y, this.#seaInk(us[i], vs[i], x, y));
    }
  }

  /** Looks around a cell at the shore. @param {number} cell */
  #survey(cell) {
    const { side, ground, offshore } = this.#terrain;
    const [beach, far, dry] = this.#near;
    for (let i = 0; i < 9; i++) {
      const near = cell + (((i / 3) | 0) - 1) * side + (i % 3) - 1;
      beach[i] = ground[near] === SAND ? 256 : 0;
      far[i] = offshore[near] * 16;
      dry[i] = ground[near] ? 256 : 0;
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
    const warp = WARP_X[at] - 128;
    const beach = between(this.#near[0], u, v) + (warp >> 1);
    if (beach > 128) return SAND_INK + (beach < 148 ? 0 : 1);
    const far = between(this.#near[1], u, v);
    const rough = far + ((warp * 179) >> 8) + ((WHITE[at] - 128) >> 2);
    if (rough < 320) return FOAM + (((far * 9 + WARP_Y[at] * 4) >> 8) % PHASES);
    const outer = rough + WHITE[at] - 128;
    if (outer > 2200) return openSeaAt(px, py);
    return (rough < 700 ? SHALLOW : outer < 1300 ? MID : DEEP) + phaseAt(px, py);
  }

  /** @param {number} cell */
  #bakeTop(cell) {
    const corner = cornerOf(this.#terrain, cell);
    if (this.#terrain.ground[cell] === SAND) this.#survey(cell);
    const { xs, ys, us, vs } = this.#diamond(corner.y);
    for (let i = 0; i < xs.length; i++) {
      const x = corner.x + xs[i];
      const y = corner.y + ys[i];
      this.#set(x, y, this.#inkAt(cell, us[i], vs[i], x, y));
    }
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
    const flowery = this.#soft[cell] > 154 ? 60 : 14;
    if ((dice >>> 8) % 256 < flowery) {
      const petal = PETAL_INK[(district[cell] + (dice >>> 16) % 2) % PETAL_INK.length];
      for (let i = 0; i < 1 + (dice >>> 20) % 3; i++) {
        const [fx, fy] = [x + i * 3 - (i % 2) * 5, y + (i % 2) * 2 - 1];
        this.#set(fx, fy, petal + 1);
        this.#set(fx + 1, fy, petal + 1);
        this.#set(fx, fy + 1, petal);
        this.#set(fx + 1, fy + 1, i % 2 ? petal : HEART_INK);
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
    if (ground[cell] === PLANKS) return WOOD_INK + (u & 7 ? 3 + (mix(cell, u >> 3) & 1) : 1) - this.#shadeAt(px, py);
    if (ground[cell] === SAND) {
      const ink = this.#seaInk(u, v, px, py);
      if (ink < SAND_INK && between(this.#near[2], u, v) < 205) return ink;
    }
    const du = (u * 8 + (((WARP_X[at] - 128) * WANDER) >> 8)) >> 8;
    const dv = (v * 8 + (((WARP_Y[at] - 128) * WANDER) >> 8)) >> 8;
    let from = cell + dv * side + du;
    if (!ground[from] || ground[from] === PLANKS || height[from] !== height[cell]) from = cell;
    const dark = this.#soft;
    const soft = blend(dark[cell], dark[cell + 1], dark[cell + side], dark[cell + side + 1], u, v);
    const isUnderCliff = (height[cell - 1] > height[cell] && u < 8) || (height[cell - side] > height[cell] && v < 8);
    const isBrink = (height[cell + 1] < height[cell] && u > 26) || (height[cell + side] < height[cell] && v > 26);
    const sun = Number(isBrink) - Number(isUnderCliff) - this.#shadeAt(px, py);
    const shade = Math.min(4, Math.max(0, 2 + (((soft - 128) * 563 + (white - 128) * 282) >> 16) + sun));
    if (ground[from] === SAND) return SAND_INK + shade;
    const wear = ground[from] === PLAZA ? 3 : Math.max(this.#wearAt(from), trail[from] ? 2 : 0);
    if (ground[from] === PLAZA) return PLAZA_INK + shade;
    if (wear >= 2 || (wear === 1 && white < 115)) return PATH_INK + shade;
    const grass = GRASS_INK[district[from] % BIOMES];
    return grass + shade;
  }

  /** The two faces of a cell that fall away towards the viewer. @param {number} cell */
  #bakeCliff(cell) {
    const { side, height, lift, ground, district } = this.#terrain;
    const corner = cornerOf(this.#terrain, cell);
    const drops = [cell + side, cell + 1].map((to) => height[cell] - (ground[to] ? height[to] : Math.round(lift[to] / RISE)));
    drops.forEach((drop, face) => {
      const low = ground[face ? cell + 1 : cell + side] === WATER;
      if (low && ground[cell] === SAND && !drop) return; // a beach ends softly
      const deep = ground[cell] === PLANKS ? DECK : drop * RISE + (low ? 2 : 0);
      if (deep <= 0) return;
      for (let i = 0; i < HALF_WIDTH; i++) {
        const x = face ? i : i - HALF_WIDTH;
        const edge = 8 - Math.floor(((face ? i : HALF_WIDTH - 1 - i) + 1) / 2);
        for (let y = 0; y < deep; y++) {
          const px = corner.x + x;
          const py = corner.y + edge + y;
          const at = tile(px, py);
          const turf = 2 + ((WARP_X[tile(px * 5, 7)] * 5) >> 9);
          let ink = EARTH_INK + (face ? 1 : 3) + (WHITE[at] > 210 ? 1 : 0) - (WARP_Y[tile(px, py * 4)] > 158 ? 1 : 0);
          if (height[cell] && y < turf && ground[cell] !== SAND) ink = GRASS_INK[district[cell] % BIOMES] + (face ? 0 : 1);
          if (ground[cell] === SAND || (!height[cell] && low)) ink = SAND_INK + (face ? 1 : 2);
          if (ground[cell] === PLANKS) ink = WOOD_INK + (face ? 0 : 1);
          this.#set(px, py, ink);
        }
      }
    });
  }
}
