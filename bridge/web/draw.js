/**
 * Draws the world into an array of pixels. Pure apart from that array: the same island, people and time give the
 * same pixels, in a browser and in Node.
 *
 * @typedef {import('./sheet.js').Sprite} Sprite
 * @typedef {import('./sim.js').Sim} Sim
 * @typedef {import('./land.js').Land} Land
 * @typedef {import('./roster.js').Member} Member
 * @typedef {import('./terrain.js').Terrain} Terrain
 * @typedef {{at: Int32Array, inks: Uint8Array, left: number, right: number, top: number, bottom: number}} Stamp
 *   a sprite as the pixels that it has, and where they come in the buffer
 * @typedef {{x: number, y: number, far: boolean, time: number, beam: number, density: number, moods: boolean}} View
 *   `x`, `y`: the pixel in the upper left corner; `far`: at half the size; `time` in seconds;
 *   `beam`: where the lighthouse shines, in turns, or -1 when it is dark; `density`: the share of idlers drawn;
 *   `moods`: whether clouds pass and gulls fly
 * @typedef {{colors: Uint32Array, age: number, rgb: import('./color.js').Rgb[]}} Look
 * @typedef {{x: number, y: number, cell: number, place: number, tent: number, isFire: boolean, frames: Stamp[][], rate: number}} Still
 *   what doesn't move; `frames` for each of the two sizes
 */

import { Backdrop } from './backdrop.js';
import { AWAY } from './ferry.js';
import * as figure from './figures.js';
import { Glow, REACHES } from './glow.js';
import { LAMP_INK, Palette } from './inks.js';
import { GRAIN, HALF_HEIGHT, HALF_WIDTH, RISE, WHITE } from './land.js';
import { LEVELS, Light } from './light.js';
import { paintThings } from './paint.js';
import { mix } from './random.js';
import { halved } from './sheet.js';
import { ABOARD, DOZE, GONE, SIT, TENT, WALK } from './sim.js';
import { BIOMES } from './terrain.js';

/** Around what is seen, so that nothing needs to be cut off at the edge. No sprite may be larger. */
export const GUARD = 96;

const BEAM_REACH = 34; // cells
const BEAM_WIDTHS = [0, 0.2, 0.09]; // of its length, to each side: faint, good
const CLOUDS = 4;
const GULLS = 4;
const FIREFLIES = 26;

/** @typedef {{x: number, y: number, z: number}} Spot where something stands, in full-size art pixels; `z`: above ground */

/** @param {Terrain} land @param {number} cell @param {Spot} spot */
export function cellSpot(land, cell, spot) {
  const x = cell % land.side;
  const y = (cell / land.side) | 0;
  spot.x = (x - y) * HALF_WIDTH;
  spot.y = (x + y + 1) * HALF_HEIGHT - land.height[cell] * RISE;
  spot.z = 0;
}

/** Not quite in the middle of the cell, or a crowd would be a grid. @param {Sim} sim @param {number} slot @param {number} cell @param {Spot} spot */
function standing(sim, slot, cell, spot) {
  cellSpot(sim.land, cell, spot);
  const own = mix(sim.self[slot], cell);
  spot.x += (own % 5) - 2;
  spot.y += ((own >> 8) % 3) - 1;
}

const before = { x: 0, y: 0, z: 0 };

/** @param {Sim} sim @param {number} slot @param {Spot} spot */
export function personSpot(sim, slot, spot) {
  const hop = sim.hop[slot];
  if (sim.fading[slot]) return standing(sim, slot, hop < 0.5 ? sim.from[slot] : sim.cell[slot], spot);
  standing(sim, slot, sim.cell[slot], spot);
  if (!hop) return;
  standing(sim, slot, sim.from[slot], before);
  const flight = Math.min(1, Math.max(0, (hop - 0.14) / 0.74)); // it crouches first and lands on its feet
  spot.x = before.x + (spot.x - before.x) * flight;
  spot.y = before.y + (spot.y - before.y) * flight;
  spot.z = 28 * flight * (1 - flight);
}

/** @param {Sim} sim @param {Spot} spot */
export function boatSpot(sim, spot) {
  const { pier } = sim.land;
  cellSpot(sim.land, pier[pier.length - 1], spot);
  const far = sim.ferry.far ** 1.6;
  spot.x += 24 + far * 440;
  spot.y += 12 + far * 220;
}

/** @type {{things: ReturnType<typeof paintThings>, figures: ReturnType<typeof figure.paintFigures>} | null} */
let atlas = null;

/** The same tree with every sprite made into something else. @param {any} tree @param {(sprite: Sprite) => Stamp} make @returns {any} */
function each(tree, make) {
  if (tree === null) return null;
  if (Array.isArray(tree)) return tree.map((branch) => each(branch, make));
  if ('inks' in tree) return make(tree);
  return Object.fromEntries(Object.entries(tree).map(([key, branch]) => [key, each(branch, make)]));
}

export class Picture {
  width = 0;
  height = 0;
  stride = 0;
  pixels = new Uint32Array(0);
  /** How many people were in view. */
  drawn = 0;
  #atlas;
  /** The atlas at both sizes. @type {any[]} */
  #stamps = [];
  /** @type {Map<string, Look>} */
  #looks = new Map();
  /** Whose look is known, and which. @type {(Member | undefined)[]} */
  #dressed = [];
  /** @type {Look[]} */
  #lookOf = [];
  #light = new Light(12, false);
  #palette = new Palette(this.#light, true);
  #age = 1;
  /** @type {Sim | null} */
  #sim = null;
  /** @type {Glow | null} */
  #glow = null;
  /** @type {Still[]} */
  #stills = [];
  // What is to be drawn, and in which order: by how far down the screen it stands.
  #kinds = new Int32Array(1024);
  #xs = new Int32Array(1024);
  #ys = new Int32Array(1024);
  #zs = new Int32Array(1024);
  #order = new Int32Array(1024);
  #rows = new Int32Array(0);
  #backdrop = new Backdrop();
  #count = 0;
  #spot = { x: 0, y: 0, z: 0 };

  constructor() {
    atlas ??= { things: paintThings(), figures: figure.paintFigures() };
    this.#atlas = atlas;
  }

  /** @param {number} width @param {number} height */
  resize(width, height) {
    this.width = width;
    this.height = height;
    this.stride = width + 2 * GUARD;
    this.pixels = new Uint32Array(this.stride * (height + 2 * GUARD));
    this.#rows = new Int32Array(height + 2 * GUARD + 1);
    this.#stamps = [(/** @type {Sprite} */ sprite) => sprite, halved].map(
      (sized) => each(this.#atlas, (sprite) => this.#stamp(sized(sprite))),
    );
    this.#sim = null;
  }

  /** @param {Light} light @param {boolean} hasSea */
  relight(light, hasSea) {
    this.#light = light;
    this.#palette = new Palette(light, hasSea);
    this.#age += 1;
  }

  /**
   * @param {Sim} sim
   * @param {Land} land
   * @param {View} view
   */
  draw(sim, land, view) {
    if (sim !== this.#sim || !this.#glow) this.#meet(sim);
    const glow = /** @type {Glow} */ (this.#glow);
    glow.update(sim);
    this.#palette.flow(view.time);
    this.#ground(land, view);
    if (view.moods && this.#light.darkness < 0.5) this.#clouds(land, view);
    if (this.#light.darkness > 0.1) this.#lamps(sim, land, view, glow);
    this.#count = 0;
    this.#addStills(sim, view);
    this.#addPeople(sim, view);
    this.#addBoat(sim, view);
    this.#sort();
    this.#shadows(sim, view);
    for (let i = 0; i < this.#count; i++) this.#item(sim, view, glow, this.#order[i]);
    if (view.moods) this.#creatures(land, view);
  }

  // ── preparing ───────────────────────────────────────────────────────────

  /** @param {Sprite} sprite @returns {Stamp} */
  #stamp({ width, height, x, y, inks }) {
    const at = [];
    const used = [];
    for (let i = 0; i < inks.length; i++) {
      if (!inks[i]) continue;
      at.push((((i / width) | 0) - y) * this.stride + (i % width) - x);
      used.push(inks[i]);
    }
    return { at: Int32Array.from(at), inks: Uint8Array.from(used), left: x, right: width - x, top: y, bottom: height - y };
  }

  /** Another island: where its things stand. @param {Sim} sim */
  #meet(sim) {
    const { land } = sim;
    this.#sim = sim;
    this.#glow = new Glow(land);
    this.#dressed = [];
    this.#lookOf = [];
    this.#stills = land.props.map((prop) => this.#still(land, prop.cell, (things) => {
      const biome = land.district[prop.cell] % BIOMES;
      if (prop.kind === 'tree') return things.tree[biome][prop.variant % things.tree[biome].length];
      if (prop.kind === 'bush') return things.bush[biome];
      return prop.kind === 'rock' ? things.rock[prop.variant % things.rock.length] : things[prop.kind];
    }));
    land.places.forEach((place, i) => {
      this.#stills.push({ ...this.#still(land, place.cell, (things) => things[place.thing]), place: i, isFire: place.thing === 'fire', rate: 8 });
    });
    land.tents.forEach((cell, i) => this.#stills.push({ ...this.#still(land, cell, (things) => things.tent), tent: i }));
  }

  /** @param {Terrain} land @param {number} cell @param {(things: any) => any} choose @returns {Still} */
  #still(land, cell, choose) {
    cellSpot(land, cell, this.#spot);
    const frames = this.#stamps.map(({ things }) => [choose(things)].flat());
    return { x: this.#spot.x, y: this.#spot.y, cell, place: -1, tent: -1, isFire: false, frames, rate: 0 };
  }

  /** How somebody looks, under the light there is now. @param {Sim} sim @param {number} slot @param {Member} member */
  #lookFor(sim, slot, member) {
    let look = this.#lookOf[slot];
    if (this.#dressed[slot] !== member) {
      const key = `${member.color} ${sim.self[slot] % figure.ACCENTS}`;
      look = this.#looks.get(key) ?? {
        rgb: figure.ownColors(member.color, sim.self[slot]), colors: new Uint32Array(LEVELS * figure.OWN), age: 0,
      };
      this.#looks.set(key, look);
      this.#dressed[slot] = member;
      this.#lookOf[slot] = look;
    }
    if (look.age !== this.#age) {
      for (let level = 0; level < LEVELS; level++) {
        for (let i = 0; i < figure.OWN; i++) look.colors[level * figure.OWN + i] = this.#light.on(look.rgb[i], level);
      }
      look.age = this.#age;
    }
    return look.colors;
  }

  // ── the ground ──────────────────────────────────────────────────────────

  /** @param {Land} land @param {View} view */
  #ground(land, view) {
    const { pixels, width } = this;
    const drop = this.#backdrop;
    drop.update(land, this.#palette, view.far);
    const left = view.x - drop.left;
    // columns before `from` and from `to` on are open sea
    const from = Math.min(width, Math.max(0, -left));
    const to = Math.max(from, Math.min(width, drop.width - left));
    for (let row = 0; row < this.height; row++) {
      const y = row + view.y;
      const line = y - drop.top;
      const isSea = line < 0 || line >= drop.height || from === to;
      const out = (row + GUARD) * this.stride + GUARD;
      const strip = drop.sea.subarray((y & (GRAIN - 1)) * GRAIN, ((y & (GRAIN - 1)) + 1) * GRAIN);
      this.#fill(out, 0, isSea ? width : from, strip, view.x);
      if (isSea) continue;
      const at = line * drop.width + left;
      pixels.set(drop.pixels.subarray(at + from, at + to), out + from);
      this.#fill(out, to, width, strip, view.x);
    }
  }

  /**
   * Open sea, from one column to another.
   *
   * @param {number} out
   * @param {number} from
   * @param {number} to
   * @param {Uint32Array} strip
   * @param {number} left
   */
  #fill(out, from, to, strip, left) {
    for (let column = from; column < to;) {
      const start = (column + left) & (GRAIN - 1);
      const length = Math.min(GRAIN - start, to - column);
      this.pixels.set(length === GRAIN ? strip : strip.subarray(start, start + length), out + column);
      column += length;
    }
  }

  /** Pools of light, and the lighthouse's beam. @param {Sim} sim @param {Land} land @param {View} view @param {Glow} glow */
  #lamps(sim, land, view, glow) {
    const scale = view.far ? 0.5 : 1;
    if (view.beam >= 0) for (const level of [1, 2]) this.#beam(sim, land, view, level);
    for (let level = 1; level < LEVELS; level++) {
      const wide = REACHES[level] * HALF_WIDTH * 1.414 * scale;
      for (const lamp of glow.lamps) {
        cellSpot(sim.land, lamp, this.#spot);
        this.#pool(land, view, this.#spot.x * scale - view.x, this.#spot.y * scale - view.y, wide, level);
      }
    }
  }

  /**
   * @param {Land} land
   * @param {View} view
   * @param {number} x
   * @param {number} y
   * @param {number} wide
   * @param {number} level
   */
  #pool(land, view, x, y, wide, level) {
    const high = wide / 2;
    for (let row = Math.max(0, Math.ceil(y - high)); row < Math.min(this.height, y + high); row++) {
      const half = wide * Math.sqrt(Math.max(0, 1 - ((row - y) / high) ** 2));
      this.#relit(land, view, row, x - half, x + half, level, 6);
    }
  }

  /**
   * Draws a part of a row again, lit.
   *
   * @param {Land} land
   * @param {View} view
   * @param {number} row
   * @param {number} from
   * @param {number} to
   * @param {number} level
   * @param {number} soft pixels over which the light frays out at both ends
   */
  #relit(land, view, row, from, to, level, soft) {
    const step = view.far ? 2 : 1;
    const y = (row + view.y) * step;
    const line = y - land.top;
    if (line < 0 || line >= land.height) return;
    const { pixels } = this;
    const { colors } = this.#palette;
    const inks = land.pixels;
    const first = level * 256;
    const out = (row + GUARD) * this.stride + GUARD;
    const last = Math.min(this.width, to);
    for (let column = Math.max(0, Math.ceil(from)); column < last; column++) {
      const x = (column + view.x) * step;
      const at = x - land.left;
      if (at < 0 || at >= land.width) continue;
      const edge = Math.min(column - from, to - column);
      if (edge < soft && WHITE[((y & (GRAIN - 1)) * GRAIN) | (x & (GRAIN - 1))] * soft > edge) continue;
      pixels[out + column] = colors[first + inks[line * land.width + at]];
    }
  }

  /** @param {Sim} sim @param {Land} land @param {View} view @param {number} level */
  #beam(sim, land, view, level) {
    const scale = view.far ? 0.5 : 1;
    cellSpot(sim.land, sim.land.lighthouse, this.#spot);
    const angle = view.beam * 2 * Math.PI;
    const tip = { x: this.#spot.x * scale - view.x, y: this.#spot.y * scale - view.y };
    const ends = [-1, 1].map((side) => {
      const dx = (Math.cos(angle) - side * BEAM_WIDTHS[level] * Math.sin(angle)) * BEAM_REACH;
      const dy = (Math.sin(angle) + side * BEAM_WIDTHS[level] * Math.cos(angle)) * BEAM_REACH;
      return { x: tip.x + dx * HALF_WIDTH * 1.414 * scale, y: tip.y + dy * HALF_HEIGHT * 1.414 * scale };
    });
    const corners = [tip, ...ends];
    const top = Math.min(...corners.map(({ y }) => y));
    const bottom = Math.max(...corners.map(({ y }) => y));
    for (let row = Math.max(0, Math.ceil(top)); row < Math.min(this.height, bottom); row++) {
      let from = Infinity;
      let to = -Infinity;
      corners.forEach((one, i) => {
        const next = corners[(i + 1) % 3];
        if ((one.y <= row) === (next.y <= row)) return;
        const x = one.x + ((row - one.y) / (next.y - one.y)) * (next.x - one.x);
        from = Math.min(from, x);
        to = Math.max(to, x);
      });
      if (to > from) this.#relit(land, view, row, from, to, level, Math.min(14, (to - from) / 3));
    }
  }

  // ── moods ───────────────────────────────────────────────────────────────

  /** The shadows of clouds that drift over. @param {Land} land @param {View} view */
  #clouds(land, view) {
    const scale = view.far ? 0.5 : 1;
    const { left, right, top, bottom } = land.bounds;
    const wide = right - left + 400;
    for (let i = 0; i < CLOUDS; i++) {
      const x = left - 200 + ((mix(i, 1) + view.time * (5 + i)) % wide);
      const y = top + ((mix(i, 2) >>> 3) % (bottom - top));
      for (let puff = 0; puff < 3; puff++) {
        this.#shade(view, (x + puff * 34) * scale - view.x, (y + (puff % 2) * 10) * scale - view.y, (46 - (puff % 2) * 10) * scale);
      }
    }
  }

  /** @param {View} view @param {number} x @param {number} y @param {number} wide */
  #shade(view, x, y, wide) {
    const { pixels } = this;
    const high = wide * 0.36;
    for (let row = Math.max(0, Math.ceil(y - high)); row < Math.min(this.height, y + high); row++) {
      const half = wide * Math.sqrt(Math.max(0, 1 - ((row - y) / high) ** 2));
      const out = (row + GUARD) * this.stride + GUARD;
      for (let column = Math.max(0, Math.ceil(x - half)); column < Math.min(this.width, x + half); column++) {
        if ((row + view.y + column + view.x) & 1 && Math.abs(column - x) > half - 6) continue;
        const color = pixels[out + column];
        pixels[out + column] = ((color & 0xff000000) | ((color & 0xffffff) - ((color >>> 4) & 0x0f0f0f))) >>> 0;
      }
    }
  }

  /** Gulls by day, fireflies by night. @param {Land} land @param {View} view */
  #creatures(land, view) {
    const scale = view.far ? 0.5 : 1;
    const { left, right, top, bottom } = land.bounds;
    const { colors } = this.#palette;
    const { gull } = this.#stamps[view.far ? 1 : 0].things;
    const isNight = this.#light.darkness > 0.5;
    for (let i = 0; i < (isNight ? FIREFLIES : GULLS); i++) {
      const turn = view.time * (isNight ? 0.05 : 0.12) + i * 2.4;
      const reach = isNight ? 0.1 + (mix(i, 3) % 300) / 1000 : 0.5;
      const x = (left + right) / 2 + Math.cos(turn + i) * (right - left) * reach + Math.sin(turn * 3.1) * 30;
      const y = (top + bottom) / 2 + Math.sin(turn * 1.3 + i) * (bottom - top) * reach - (isNight ? 0 : 40) + Math.cos(turn * 2.3) * 14;
      const column = Math.round(x * scale) - view.x;
      const row = Math.round(y * scale) - view.y;
      if (!isNight) this.#put(gull[Math.floor(view.time * 5 + i * 1.7) % 7 < 5 ? Math.floor(view.time * 5) % 2 : 0], column, row, colors, 0);
      else if (column >= 0 && row >= 0 && column < this.width && row < this.height && (view.time * 0.6 + i * 0.37) % 1 < 0.6) {
        this.pixels[(row + GUARD) * this.stride + column + GUARD] = colors[LAMP_INK];
      }
    }
  }

  // ── what stands on it ───────────────────────────────────────────────────

  /** @param {number} kind a slot, or a still counted down from -1, or the boat @param {number} x @param {number} y @param {number} z */
  #add(kind, x, y, z) {
    if (x < -GUARD || x >= this.width + GUARD || y < -GUARD || y >= this.height + GUARD) return false;
    if (this.#count === this.#kinds.length) this.#widen();
    const i = this.#count++;
    this.#kinds[i] = kind;
    this.#xs[i] = x;
    this.#ys[i] = y;
    this.#zs[i] = z;
    return true;
  }

  #widen() {
    const more = (/** @type {Int32Array} */ list) => {
      const longer = new Int32Array(list.length * 2);
      longer.set(list);
      return longer;
    };
    [this.#kinds, this.#xs, this.#ys, this.#zs, this.#order] = [this.#kinds, this.#xs, this.#ys, this.#zs, this.#order].map(more);
  }

  /** @param {Sim} sim @param {View} view */
  #addStills(sim, view) {
    const scale = view.far ? 0.5 : 1;
    for (let i = 0; i < this.#stills.length; i++) {
      const { x, y, tent } = this.#stills[i];
      if (tent >= 0 && !sim.sleepers[tent]) continue;
      this.#add(-1 - i, Math.round(x * scale) - view.x, Math.round(y * scale) - view.y, 0);
    }
  }

  /** @param {Sim} sim @param {View} view */
  #addPeople(sim, view) {
    const scale = view.far ? 0.5 : 1;
    const spot = this.#spot;
    this.drawn = 0;
    for (let slot = 0; slot < sim.size; slot++) {
      const state = sim.state[slot];
      if (state === GONE || state === TENT || state === ABOARD) continue;
      if (view.density < 1 && sim.goal[slot] < 0 && (sim.self[slot] >>> 8) % 1000 >= view.density * 1000) continue;
      personSpot(sim, slot, spot);
      const x = Math.round(spot.x * scale) - view.x;
      const y = Math.round(spot.y * scale) - view.y;
      if (this.#add(slot, x, y, Math.round(spot.z * scale))) this.drawn += 1;
    }
  }

  /** @param {Sim} sim @param {View} view */
  #addBoat(sim, view) {
    if (sim.ferry.phase === AWAY) return;
    const scale = view.far ? 0.5 : 1;
    boatSpot(sim, this.#spot);
    const sway = Math.sin(view.time * 2) > 0 ? 1 : 0;
    this.#add(-1 - this.#stills.length, Math.round(this.#spot.x * scale) - view.x, Math.round(this.#spot.y * scale) - view.y, sway);
  }

  /** By counting: as many buckets as there are rows. */
  #sort() {
    const rows = this.#rows;
    rows.fill(0);
    for (let i = 0; i < this.#count; i++) rows[this.#ys[i] + GUARD + 1] += 1;
    for (let row = 1; row < rows.length; row++) rows[row] += rows[row - 1];
    for (let i = 0; i < this.#count; i++) this.#order[rows[this.#ys[i] + GUARD]++] = i;
  }

  /** Beneath everyone, before anyone. @param {Sim} sim @param {View} view */
  #shadows(sim, view) {
    const { pixels, stride } = this;
    for (let i = 0; i < this.#count; i++) {
      const kind = this.#kinds[i];
      if (kind < 0 || sim.fading[kind]) continue;
      const wide = (view.far ? 3 : 6) - (this.#zs[i] > 3 ? 1 : 0);
      const high = view.far ? 1 : 2;
      const base = (this.#ys[i] + GUARD) * stride + this.#xs[i] + GUARD;
      if (this.#ys[i] < 4 - GUARD || this.#ys[i] > this.height + GUARD - 4) continue;
      for (let dy = -high; dy <= high; dy++) {
        const half = wide - (dy * dy * wide) / 8 - (dy === high || dy === -high ? 1 : 0);
        for (let dx = -Math.round(half); dx < half; dx++) {
          const at = base + dy * stride + dx;
          const color = pixels[at];
          pixels[at] = ((color & 0xff000000) | (((color >>> 1) & 0x7f7f7f) + ((color >>> 2) & 0x3f3f3f))) >>> 0;
        }
      }
    }
  }

  /** @param {Sim} sim @param {View} view @param {Glow} glow @param {number} i */
  #item(sim, view, glow, i) {
    const kind = this.#kinds[i];
    if (kind >= 0) return this.#person(sim, view, glow, kind, this.#xs[i], this.#ys[i], this.#zs[i]);
    if (kind === -1 - this.#stills.length) return this.#boat(sim, view, this.#xs[i], this.#ys[i] + this.#zs[i]);
    const still = this.#stills[-1 - kind];
    const frames = still.frames[view.far ? 1 : 0];
    const level = glow.levels[still.cell];
    let frame = 0;
    if (frames.length > 1 && glow.lively[still.place]) frame = 1 + (Math.floor(view.time * still.rate + still.cell) % (frames.length - 1));
    this.#put(frames[frame], this.#xs[i], this.#ys[i], this.#palette.colors, level * 256);
    const { lamp } = this.#stamps[view.far ? 1 : 0].things;
    if (still.place >= 0 && !still.isFire) {
      const scale = view.far ? 0.5 : 1;
      const reach = Math.round(20 * scale);
      this.#put(lamp[glow.lively[still.place]], this.#xs[i] + reach, this.#ys[i] - Math.round(4 * scale), this.#palette.colors, level * 256);
    }
  }

  /** @param {Sim} sim @param {View} view @param {number} x @param {number} y */
  #boat(sim, view, x, y) {
    const { things, figures } = this.#stamps[view.far ? 1 : 0];
    const scale = view.far ? 0.5 : 1;
    this.#put(things.boat, x, y, this.#palette.colors, 0);
    sim.ferry.riders.forEach((slot, i) => {
      const member = sim.members[slot];
      if (!member) return;
      const colors = this.#lookFor(sim, slot, member);
      const seat = x + Math.round((-15 + 7 * i) * scale);
      this.#put(figures.bodies[member.bot ? 1 : 0][figure.SITTING], seat, y - Math.round(7 * scale), colors, 0);
      const face = figures.faces[sim.ferry.phase === 1 ? 4 - 2 : 0][figure.OPEN];
      this.#put(face, seat, y - Math.round(7 * scale) + Math.round(2 * scale), colors, 0);
    });
    this.#put(things.hull, x, y, this.#palette.colors, 0);
  }

  /**
   * @param {Sim} sim
   * @param {View} view
   * @param {Glow} glow
   * @param {number} slot
   * @param {number} x
   * @param {number} y
   * @param {number} z
   */
  #person(sim, view, glow, slot, x, y, z) {
    const member = sim.members[slot];
    if (!member) return;
    const { figures } = this.#stamps[view.far ? 1 : 0];
    const scale = view.far ? 0.5 : 1;
    const colors = this.#lookFor(sim, slot, member);
    const level = glow.levels[sim.cell[slot]] * figure.OWN;
    const state = sim.state[slot];
    const self = sim.self[slot];
    const hop = sim.hop[slot];
    const clock = view.time + (self & 0xfff) / 256; // so that no two are in step
    const isTalking = sim.talkUntil[slot] > sim.tick;

    if (sim.fading[slot]) {
      const share = Math.abs(hop - 0.5) * 2;
      return this.#fade(figures.bodies[member.bot ? 1 : 0][figure.REST], x, y, colors, level, share);
    }
    let pose = clock % 2.6 < 1.3 ? figure.REST : figure.BREATHING;
    if (state === SIT || state === DOZE) pose = figure.SITTING;
    else if (state === WALK) pose = hop < 0.14 || hop > 0.88 ? figure.SQUASHED : hop < 0.6 ? figure.STRETCHED : figure.REST;
    if (isTalking && state !== WALK) z += Math.round(Math.abs(Math.sin(clock * 9)) * 2 * scale);

    const foot = y - z;
    const head = foot + Math.round((figure.HEADS[figure.REST] - figure.HEADS[pose]) * scale);
    this.#put(figures.bodies[member.bot ? 1 : 0][pose], x, foot, colors, level);
    let look = figure.OPEN;
    if (state === DOZE || clock % 4.1 < 0.14) look = figure.SHUT;
    else if (isTalking && clock % 0.3 < 0.16) look = figure.SPEAKING;
    const face = view.far ? null : figures.faces[sim.facing[slot]][look];
    if (face) this.#put(face, x, head, colors, level);
    if (!member.bot) this.#put(figures.hats[mix(self, 3) % figures.hats.length][sim.facing[slot] > 1 && sim.facing[slot] < 6 ? 1 : 0], x, head, colors, level);
    if (view.far) {
      if (member.status === 'dnd') this.#put(figures.marks.stop, x, foot, colors, level);
      return;
    }
    this.#marks(figures.marks, member, state, x, foot, head, colors, level, clock);
  }

  /**
   * What tells more of somebody: how they are, and what they are.
   *
   * @param {Record<string, Stamp>} marks
   * @param {Member & {fresh?: boolean}} member
   * @param {number} state
   * @param {number} x
   * @param {number} foot
   * @param {number} head
   * @param {Uint32Array} colors
   * @param {number} level
   * @param {number} clock
   */
  #marks(marks, member, state, x, foot, head, colors, level, clock) {
    if (member.bot) this.#put(marks.antenna, x, head, colors, level);
    if (member.fresh) this.#put(marks.leaf, x, head, colors, level);
    if (member.voice) {
      this.#put(marks.headphones, x, head, colors, level);
      if (member.voice.streaming) this.#put(marks.camera, x, head, colors, level);
      else if (member.voice.muted) this.#put(marks.muted, x, head, colors, level);
    }
    if (member.status === 'dnd') this.#put(marks.stop, x, foot, colors, level);
    if (state === DOZE && clock % 3 < 2.2) this.#put(marks[clock % 3 < 1.1 ? 'doze' : 'deepDoze'], x, head, colors, level);
  }

  /**
   * @param {Stamp} stamp
   * @param {number} x
   * @param {number} y
   * @param {Uint32Array} colors
   * @param {number} first where among the colours the level's own begin
   */
  #put({ at, inks, left, right, top, bottom }, x, y, colors, first) {
    if (x - left < -GUARD || y - top < -GUARD || x + right > this.width + GUARD || y + bottom > this.height + GUARD) return;
    const { pixels } = this;
    const base = (y + GUARD) * this.stride + x + GUARD;
    for (let i = 0; i < at.length; i++) pixels[base + at[i]] = colors[first + inks[i]];
  }

  /** @param {Stamp} stamp @param {number} x @param {number} y @param {Uint32Array} colors @param {number} first @param {number} share */
  #fade({ at, inks, left, right, top, bottom }, x, y, colors, first, share) {
    if (x - left < -GUARD || y - top < -GUARD || x + right > this.width + GUARD || y + bottom > this.height + GUARD) return;
    const base = (y + GUARD) * this.stride + x + GUARD;
    for (let i = 0; i < at.length; i++) if (((i * 5) & 7) < share * 8) this.pixels[base + at[i]] = colors[first + inks[i]];
  }
}
