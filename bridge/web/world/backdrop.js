/**
 * The ground and the sea in their colours of the moment, lamps and all, ready to be copied a row at a time.
 *
 * Water moves by its colours alone, so a step of it touches only the pixels whose phase is lit or was.
 *
 * @typedef {import('./glow.js').Glow} Glow
 * @typedef {import('./inks.js').Palette} Palette
 * @typedef {import('./land.js').Land} Land
 */

import { REACHES } from './glow.js';
import { GRAIN, OPEN_SEA, WHITE } from './grain.js';
import { DEEP, PHASES, WATER_END } from './inks.js';
import { LEVELS } from './light.js';
import { HALF_WIDTH } from './spots.js';

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
  /** @type {Land | null} */
  #land = null;
  /** What the ground is of. */
  #inks = new Uint8Array(0);
  #lamps = '';
  /** @type {Palette | null} */
  #palette = null;
  #step = 0;
  #flow = -1;
  /** Where the pixels of each ink of water are: of ink `i`, from `starts[i]` on. */
  #starts = new Int32Array(257);
  #water = new Int32Array(0);

  /**
   * Makes it what is to be seen now.
   *
   * @param {Land} land
   * @param {Palette} palette
   * @param {Glow} glow
   * @param {boolean} far
   */
  update(land, palette, glow, far) {
    const step = far ? 2 : 1;
    const isOther = land !== this.#land || step !== this.#step;
    if (isOther) this.#measure(land, step);
    const lamps = palette.isDark ? glow.key : '';
    const isLitAnew = isOther || lamps !== this.#lamps;
    this.#lamps = lamps;
    if (isLitAnew) this.#light(land, palette.isDark ? glow.spots : []);
    if (isLitAnew || palette !== this.#palette) {
      this.#palette = palette;
      this.#flow = palette.flows;
      this.#paint(0, this.height, 0, this.width);
      this.#paintSea();
    } else {
      for (const { x, y, width, height } of land.mended) {
        const column = Math.floor(x / step);
        const row = Math.floor(y / step);
        this.#paint(row, row + height / step + 1, column, column + width / step + 1);
      }
    }
    land.mended.length = 0;
    if (this.#flow !== palette.flows) this.#move(palette);
  }

  /** Pools of light, the fainter ones first. @param {Land} land @param {{x: number, y: number}[]} spots */
  #light(land, spots) {
    this.levels.fill(0);
    for (let level = 1; level < LEVELS; level++) {
      const wide = (REACHES[level] * HALF_WIDTH * Math.SQRT2) / this.#step;
      for (const { x, y } of spots) this.#pool((x - land.left) / this.#step, (y - land.top) / this.#step, wide, level);
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

  /** @param {Land} land @param {number} step */
  #measure(land, step) {
    this.#land = land;
    this.#step = step;
    this.left = land.left / step;
    this.top = land.top / step;
    this.width = land.width / step;
    this.height = land.height / step;
    this.pixels = new Uint32Array(this.width * this.height);
    this.rows = Array.from({ length: this.height }, (_, row) => this.pixels.subarray(row * this.width, (row + 1) * this.width));
    this.levels = new Uint8Array(this.width * this.height);
    this.#inks = land.ground(step).pixels;
    this.#findWater();
  }

  #findWater() {
    const inks = this.#inks;
    const starts = this.#starts.fill(0);
    for (let at = 0; at < inks.length; at++) starts[inks[at] + 1] += 1;
    for (let ink = 1; ink < starts.length; ink++) starts[ink] += starts[ink - 1];
    const next = starts.slice();
    this.#water = new Int32Array(starts[WATER_END]);
    for (let at = 0; at < inks.length; at++) if (inks[at] < WATER_END) this.#water[next[inks[at]]++] = at;
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
      const x = ((i % GRAIN) * step) & (GRAIN - 1);
      const y = (((i / GRAIN) | 0) * step) & (GRAIN - 1);
      this.seaInks[i] = OPEN_SEA[y * GRAIN + x];
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
    if (palette.moved.some((ink) => ink <= DEEP + PHASES)) this.#paintSea();
  }
}
