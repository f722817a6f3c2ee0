/**
 * The ground and the sea at one size, in their colours of the moment, lamps and all, ready to be copied a row at a time.
 * Rows are painted when they are seen.
 *
 * Water moves by its colours alone, so a step of it touches only the pixels whose phase is lit or was.
 *
 * @typedef {import('./glow.js').Glow} Glow
 * @typedef {import('./inks.js').Palette} Palette
 * @typedef {import('./land.js').Land} Land
 */

import { REACHES } from './glow.js';
import { GRAIN, OPEN_SEA, SEA, WHITE, isSkyAt, seaRow, seaShift } from './grain.js';
import { DEEP, OUT_AT_SEA, PHASES, WATER_END } from './inks.js';
import { BANDS, LEVELS, SHADED } from './light.js';
import { through } from './slices.js';
import { HALF_WIDTH } from './spots.js';
import { eachStill } from './stills.js';

const COUNTED = 65_536; // pixels, at a time
const ROWS_KEPT = 128; // of the open sea, at least
const FRAYED = 6; // pixels over which light ends
const FALL = 0.3; // how far down a shadow falls, of how far aside
// Between which parts of the land's height, from its top, the sea mirrors all of the sky and nothing of it.
const ALL_SKY = -0.1;
const NO_SKY = 0.85;

/** Which inks are of water that moves: of each kind, the one after its phases doesn't. */
const MOVES = Uint8Array.from({ length: 256 }, (_, ink) => Number(ink >= OUT_AT_SEA && ink < WATER_END && (ink - OUT_AT_SEA) % (PHASES + 1) < PHASES));

export class Backdrop {
  left = 0;
  top = 0;
  width = 0;
  height = 0;
  pixels = new Uint32Array(0);
  /** The open sea, over and over, by rows of the picture, as many as are seen or a few more; and what it is of. */
  sea = new Uint32Array(0);
  /** Which rows those are, and since when. */
  #rowsOf = new Int32Array(0);
  #fresh = new Uint32Array(0);
  #times = 0;
  /** Which inks looked otherwise before the last of those times. */
  #changed = new Uint8Array(256);
  seaInks = OPEN_SEA;
  /** How brightly each pixel is lit. */
  levels = new Uint8Array(0);
  #land;
  /** What the ground is of. */
  #inks = new Uint8Array(0);
  /** Which rows are to be painted anew before they are seen. */
  #stale = new Uint8Array(0);
  #lit = '-';
  #mirrors = false;
  #slant = 0;
  /** The pixels of the ground that are in a long shadow. */
  #shadows = new Int32Array(0);
  /** @type {Palette | null} */
  #palette = null;
  #step;
  #flow = -1;
  /** Where the pixels of each ink of water are that moves: of ink `i`, from `starts[i]` on. */
  #starts = new Int32Array(257);
  #water = new Int32Array(0);

  /** @param {Land} land @param {number} step 1, or 2 for half the size */
  constructor(land, step) {
    this.#land = land;
    this.#step = step;
    if (step > 1) this.seaInks = OPEN_SEA.map((_, i) => OPEN_SEA[seaRow(((i / SEA) | 0) * step) + (((i % SEA) * step) & (SEA - 1))]);
  }

  /** Makes it ready to be looked at. @returns {Generator<void, void>} */
  *make() {
    const step = this.#step;
    const land = this.#land;
    const ground = land.ground(step);
    yield* ground.bake();
    this.#inks = ground.pixels;
    this.left = land.left / step;
    this.top = land.top / step;
    this.width = land.width / step;
    this.height = land.height / step;
    this.pixels = new Uint32Array(this.width * this.height);
    this.levels = new Uint8Array(this.pixels.length);
    this.#stale = new Uint8Array(this.height);
    yield* this.#findWater();
  }

  /** Something else was looked at for a while. */
  expire() {
    this.#stale.fill(1);
  }

  /**
   * Makes it what is to be seen now.
   *
   * @param {Palette} palette
   * @param {Glow} glow
   * @param {number} top the rows that are seen
   * @param {number} bottom
   * @param {number} [rows] how many of the sea are
   */
  update(palette, glow, top, bottom, rows = bottom - top) {
    if (rows > this.#fresh.length) this.#keepRows(rows);
    const step = this.#step;
    const { mended } = this.#land;
    const { mirrors, slant } = palette.light;
    const lit = `${palette.isDark ? glow.key : ''} ${mirrors} ${slant}`;
    if (lit !== this.#lit || palette !== this.#palette) this.expire();
    if (palette !== this.#palette) {
      this.#palette = palette;
      this.#flow = palette.flows;
      this.#times += 1;
      this.#changed.fill(1);
    }
    if (lit !== this.#lit) this.#light(palette.isDark ? glow.spots : []);
    this.#lit = lit;
    for (const { x, y, width, height } of mended.splice(0)) {
      const column = Math.floor(x / step);
      const row = Math.floor(y / step);
      this.#paint(row, row + height / step + 1, column, column + width / step + 1);
    }
    if (this.#flow !== palette.flows) this.#move(palette);
    for (let row = Math.max(0, top); row < Math.min(this.height, bottom); row++) {
      if (this.#stale[row]) this.#paint(row, row + 1, 0, this.width);
      this.#stale[row] = 0;
    }
  }

  /** Makes room for so many rows of the open sea. @param {number} count */
  #keepRows(count) {
    const kept = Math.max(ROWS_KEPT, count);
    this.sea = new Uint32Array(SEA * kept);
    this.#rowsOf = new Int32Array(kept);
    this.#fresh = new Uint32Array(kept);
  }

  /** Pools of light, the fainter ones first. @param {{x: number, y: number}[]} spots */
  #light(spots) {
    const { left, top } = this.#land;
    const { mirrors, slant } = /** @type {Palette} */ (this.#palette).light;
    const { levels } = this;
    if (mirrors === this.#mirrors && slant === this.#slant) {
      for (let at = 0; at < levels.length; at++) if (levels[at] < LEVELS) levels[at] = 0; // the sky in the sea stays
    } else {
      levels.fill(0);
      if (mirrors) this.#mirror();
      this.#shadows = slant ? this.#shade(slant) : new Int32Array(0);
    }
    this.#mirrors = mirrors;
    this.#slant = slant;
    for (const at of this.#shadows) levels[at] = SHADED;
    for (let level = 1; level < LEVELS; level++) {
      const wide = (REACHES[level] * HALF_WIDTH * Math.SQRT2) / this.#step;
      for (const { x, y } of spots) this.#pool((x - left) / this.#step, (y - top) / this.#step, wide, level);
    }
  }

  /** The sky in the water near the land. */
  #mirror() {
    const { width, left, top, levels } = this;
    const inks = this.#inks;
    for (let row = 0; row < this.height; row++) {
      const sky = this.#skyAt(row + top);
      if (!sky) continue;
      const shift = this.#shiftAt(row + top) + left;
      const from = row * width;
      for (let column = 0; column < width; column++) {
        if (inks[from + column] >= WATER_END) continue;
        const band = (sky >> 8) + Number(isSkyAt((column + shift) & (SEA - 1), row + top, sky & 255));
        if (band) levels[from + column] = LEVELS - 1 + band;
      }
    }
  }

  /** How far the pattern of the sea is shifted in a row. @param {number} y */
  #shiftAt(y) {
    return seaShift(y * this.#step) / this.#step;
  }

  /** How much of the sky a row of the sea mirrors, in 256ths of a band. @param {number} y */
  #skyAt(y) {
    const { top, bottom } = this.#land.bounds;
    const down = (y * this.#step - top) / (bottom - top);
    const sky = Math.round(((NO_SKY - down) / (NO_SKY - ALL_SKY)) * BANDS * 256);
    return Math.max(0, Math.min(BANDS * 256 - 256, sky));
  }

  /** Where shadows fall when the sun is low. @param {number} slant */
  #shade(slant) {
    const { left, top, width, height } = this;
    const step = this.#step;
    const isShady = new Uint8Array(this.pixels.length);
    eachStill(this.#land.terrain, ({ width: wide, x: middle, y: foot, inks }, { x, y }) => {
      for (let i = 0; i < inks.length; i++) {
        if (!inks[i]) continue;
        const up = foot - ((i / wide) | 0);
        if (up < 0) continue;
        const column = Math.round((x + (i % wide) - middle + up * slant) / step) - left;
        const row = Math.round((y + up * Math.abs(slant) * FALL) / step) - top;
        if (column >= 0 && column < width && row >= 0 && row < height) isShady[row * width + column] = 1;
      }
    });
    const found = [];
    for (let at = 0; at < isShady.length; at++) if (isShady[at] && this.#inks[at] >= WATER_END) found.push(at);
    return Int32Array.from(found);
  }

  /** @param {number} x @param {number} y @param {number} wide @param {number} level */
  #pool(x, y, wide, level) {
    const high = wide / 2;
    for (let row = Math.max(0, Math.ceil(y - high)); row < Math.min(this.height, y + high); row++) {
      const half = wide * Math.sqrt(Math.max(0, 1 - ((row - y) / high) ** 2));
      for (let column = Math.max(0, Math.ceil(x - half)); column < Math.min(this.width, x + half); column++) {
        const edge = half - Math.abs(column - x);
        if (edge < FRAYED && WHITE[((row & (GRAIN - 1)) * GRAIN) | (column & (GRAIN - 1))] * FRAYED > 256 * edge) continue;
        const at = row * this.width + column;
        if (this.levels[at] < LEVELS || this.levels[at] === SHADED) this.levels[at] = level; // the sky in the sea is brighter
      }
    }
  }

  /** @returns {Generator<void, void>} */
  *#findWater() {
    const inks = this.#inks;
    const starts = this.#starts;
    yield* through(inks.length, (at) => { starts[inks[at] + 1] += 1; }, COUNTED);
    for (let ink = 0; ink < MOVES.length; ink++) starts[ink + 1] = starts[ink] + (MOVES[ink] && starts[ink + 1]);
    const next = starts.slice();
    const water = this.#water = new Int32Array(starts[MOVES.length]);
    yield* through(inks.length, (at) => { if (MOVES[inks[at]]) water[next[inks[at]]++] = at; }, COUNTED);
  }

  /** @param {number} top @param {number} bottom @param {number} left @param {number} right */
  #paint(top, bottom, left, right) {
    const { pixels, levels, width } = this;
    const { colors } = /** @type {Palette} */ (this.#palette);
    const inks = this.#inks;
    for (let row = Math.max(0, top); row < Math.min(this.height, bottom); row++) {
      const end = row * width + Math.min(width, right);
      for (let at = row * width + Math.max(0, left); at < end; at++) pixels[at] = colors[(levels[at] << 8) | inks[at]];
    }
  }

  /** Where in `sea` the open sea of a row is, in its colours of the moment. @param {number} y */
  seaRow(y) {
    const kept = this.#fresh.length;
    const row = ((y % kept) + kept) % kept;
    const from = row * SEA;
    const since = this.#rowsOf[row] === y ? this.#times - this.#fresh[row] : this.#times;
    if (!since) return from;
    this.#fresh[row] = this.#times;
    this.#rowsOf[row] = y;
    const { colors, light } = /** @type {Palette} */ (this.#palette);
    const sky = light.mirrors ? this.#skyAt(y) : 0;
    const strip = seaRow(y);
    for (let i = 0; i < SEA; i++) {
      const ink = this.seaInks[strip + i];
      if (since === 1 && !this.#changed[ink]) continue;
      const band = sky && (sky >> 8) + Number(isSkyAt(i, y, sky & 255));
      this.sea[from + i] = colors[(band && (LEVELS - 1 + band) << 8) | ink];
    }
    return from;
  }

  /** @param {Palette} palette */
  #move(palette) {
    const isNext = palette.flows === this.#flow + 1;
    this.#flow = palette.flows;
    const { pixels, levels } = this;
    const { colors } = palette;
    for (const ink of palette.moved) {
      for (let i = this.#starts[ink]; i < this.#starts[ink + 1]; i++) {
        const at = this.#water[i];
        pixels[at] = colors[(levels[at] << 8) | ink];
      }
    }
    if (isNext && !palette.moved.some((ink) => ink < DEEP)) return;
    this.#times += 1;
    this.#changed.fill(isNext ? 0 : 1);
    for (const ink of palette.moved) this.#changed[ink] = 1;
  }
}
