/**
 * The pixels that a frame is drawn into, with a guard around what is seen, so that nothing needs to be cut off at
 * the edge.
 *
 * @typedef {import('./sheet.js').Sprite} Sprite
 * @typedef {{at: Int32Array, inks: Uint8Array, left: number, right: number, top: number, bottom: number}} Stamp
 *   a sprite as the pixels that it has, and where they come in the buffer
 */

/** The ink of a figure's rim. */
export const RIM = 1;

/** As wide as the guard is; no sprite may be larger. */
export const GUARD = 96;

export class Buffer {
  width = 0;
  height = 0;
  stride = 0;
  pixels = new Uint32Array(0);

  /** @param {number} width @param {number} height */
  resize(width, height) {
    this.width = width;
    this.height = height;
    this.stride = width + 2 * GUARD;
    this.pixels = new Uint32Array(this.stride * (height + 2 * GUARD));
  }

  /** Where a pixel of the picture is. @param {number} x @param {number} y */
  at(x, y) {
    return (y + GUARD) * this.stride + x + GUARD;
  }

  /** @param {Sprite} sprite @returns {Stamp} good until the buffer changes its size */
  stamp({ width, height, x, y, inks }) {
    const at = new Int32Array(inks.length);
    let used = 0;
    for (let i = 0; i < inks.length; i++) if (inks[i]) at[used++] = (((i / width) | 0) - y) * this.stride + (i % width) - x;
    return { at: at.slice(0, used), inks: inks.filter(Boolean), left: x, right: width - x, top: y, bottom: height - y };
  }

  /** @param {Stamp} stamp @param {number} x @param {number} y */
  #holds({ left, right, top, bottom }, x, y) {
    return x >= left - GUARD && y >= top - GUARD && x + right <= this.width + GUARD && y + bottom <= this.height + GUARD;
  }

  /**
   * @param {Stamp} stamp
   * @param {number} x
   * @param {number} y
   * @param {Uint32Array} colors
   * @param {number} first the colour that ink 0 would have
   */
  put(stamp, x, y, colors, first) {
    if (!this.#holds(stamp, x, y)) return;
    const { pixels } = this;
    const { at, inks } = stamp;
    const base = this.at(x, y);
    for (let i = 0; i < at.length; i++) pixels[base + at[i]] = colors[first + inks[i]];
  }

  /** Puts a part of the pixels only. @param {Stamp} stamp @param {number} x @param {number} y @param {Uint32Array} colors @param {number} first @param {number} share */
  fade(stamp, x, y, colors, first, share) {
    if (!this.#holds(stamp, x, y)) return;
    const { at, inks } = stamp;
    const base = this.at(x, y);
    for (let i = 0; i < at.length; i++) if (((i * 5) & 7) < share * 8) this.pixels[base + at[i]] = colors[first + inks[i]];
  }

  /**
   * Puts a rim, and of all else three of four pixels: so it shows through what is before it.
   *
   * @param {Stamp} stamp
   * @param {number} x
   * @param {number} y
   * @param {Uint32Array} colors
   * @param {number} first
   * @param {boolean} isFaint but every other pixel of the rim
   */
  dither(stamp, x, y, colors, first, isFaint) {
    if (!this.#holds(stamp, x, y)) return;
    const { at, inks } = stamp;
    const base = this.at(x, y);
    for (let i = 0; i < at.length; i++) {
      const to = base + at[i];
      const row = (to / this.stride) | 0;
      if (inks[i] === RIM ? isFaint && (row + to) & 1 : isFaint || row & to & 1) continue;
      this.pixels[to] = colors[first + inks[i]];
    }
  }

  /** Takes a quarter of the light from what is there. @param {Stamp} stamp @param {number} x @param {number} y */
  darken(stamp, x, y) {
    if (!this.#holds(stamp, x, y)) return;
    const { pixels } = this;
    const { at } = stamp;
    const base = this.at(x, y);
    for (let i = 0; i < at.length; i++) {
      const color = pixels[base + at[i]];
      pixels[base + at[i]] = (color & 0xff000000) | (((color >>> 1) & 0x7f7f7f) + ((color >>> 2) & 0x3f3f3f));
    }
  }
}
