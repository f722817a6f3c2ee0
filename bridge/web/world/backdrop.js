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
import { GRAIN, OPEN_SEA, SEA, WHITE, seaRow } from './grain.js';
import { DEEP, WATER_END } from './inks.js';
import { LEVELS } from './light.js';
import { through } from './slices.js';
import { HALF_WIDTH } from './spots.js';

const COUNTED = 65_536; // pixels, at a time
const FRAYED = 6; // pixels over which light ends

export class Backdrop {
  left = 0;
  top = 0;
  width = 0;
  height = 0;
  pixels = new Uint32Array(0);
  /** The same, by rows: making these for each frame would take longer than copying them. @type {Uint32Array[]} */
  rows = [];
  /** The open sea, over and over; and what it is of. */
  sea = new Uint32Array(OPEN_SEA.length);
  seaInks = new Uint8Array(OPEN_SEA.length);
  /** How brightly each pixel is lit. */
  levels = new Uint8Array(0);
  #land;
  /** What the ground is of. */
  #inks = new Uint8Array(0);
  /** Which rows are to be painted anew before they are seen. */
  #stale = new Uint8Array(0);
  #lamps = '-';
  /** @type {Palette | null} */
  #palette = null;
  #step;
  #flow = -1;
  /** Where the pixels of each ink of water are: of ink `i`, from `starts[i]` on. */
  #starts = new Int32Array(257);
  #water = new Int32Array(0);

  /** @param {Land} land @param {number} step 1, or 2 for half the size */
  constructor(land, step) {
    this.#land = land;
    this.#step = step;
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
    this.rows = Array.from({ length: this.height }, (_, row) => this.pixels.subarray(row * this.width, (row + 1) * this.width));
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
   */
  update(palette, glow, top, bottom) {
    const step = this.#step;
    const { mended } = this.#land;
    const lamps = palette.isDark ? glow.key : '';
    if (lamps !== this.#lamps || palette !== this.#palette) this.expire();
    if (lamps !== this.#lamps) this.#light(palette.isDark ? glow.spots : []);
    this.#lamps = lamps;
    if (palette !== this.#palette) {
      this.#palette = palette;
      this.#flow = palette.flows;
      this.#paintSea();
    }
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

  /** Pools of light, the fainter ones first. @param {{x: number, y: number}[]} spots */
  #light(spots) {
    const { left, top } = this.#land;
    this.levels.fill(0);
    for (let level = 1; level < LEVELS; level++) {
      const wide = (REACHES[level] * HALF_WIDTH * Math.SQRT2) / this.#step;
      for (const { x, y } of spots) this.#pool((x - left) / this.#step, (y - top) / this.#step, wide, level);
    }
  }

  /** @param {number} x @param {number} y @param {number} wide @param {number} level */
  #pool(x, y, wide, level) {
    const high = wide / 2;
    for (let row = Math.max(0, Math.ceil(y - high)); row < Math.min(this.height, y + high); row++) {
      const half = wide * Math.sqrt(Math.max(0, 1 - ((row - y) / high) ** 2));
      for (let column = Math.max(0, Math.ceil(x - half)); column < Math.min(this.width, x + half); column++) {
        const edge = half - Math.abs(column - x);
        if (edge < FRAYED && WHITE[((row & (GRAIN - 1)) * GRAIN) | (column & (GRAIN - 1))] * FRAYED > 256 * edge) continue;
        this.levels[row * this.width + column] = level;
      }
    }
  }

  /** @returns {Generator<void, void>} */
  *#findWater() {
    const inks = this.#inks;
    const starts = this.#starts;
    yield* through(inks.length, (at) => { starts[inks[at] + 1] += 1; }, COUNTED);
    for (let ink = 1; ink < starts.length; ink++) starts[ink] += starts[ink - 1];
    const next = starts.slice();
    const water = this.#water = new Int32Array(starts[WATER_END]);
    yield* through(inks.length, (at) => { if (inks[at] < WATER_END) water[next[inks[at]]++] = at; }, COUNTED);
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

  #paintSea() {
    const { colors } = /** @type {Palette} */ (this.#palette);
    const step = this.#step;
    for (let i = 0; i < OPEN_SEA.length; i++) {
      const x = ((i % SEA) * step) & (SEA - 1);
      this.seaInks[i] = OPEN_SEA[seaRow(((i / SEA) | 0) * step) + x];
      this.sea[i] = colors[this.seaInks[i]];
    }
  }

  /** @param {Palette} palette */
  #move(palette) {
    this.#flow = palette.flows;
    const { pixels, levels } = this;
    const { colors } = palette;
    for (const ink of palette.moved) {
      for (let i = this.#starts[ink]; i < this.#starts[ink + 1]; i++) {
        const at = this.#water[i];
        pixels[at] = colors[(levels[at] << 8) | ink];
      }
    }
    if (palette.moved.some((ink) => ink < DEEP)) this.#paintSea();
  }
}
