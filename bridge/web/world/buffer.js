/**
 * The pixels that a frame is drawn into, with a guard around what is seen, so that nothing needs to be cut off at
 * the edge.
 *
 * @typedef {import('./sheet.js').Sprite} Sprite
 * @typedef {{runs: Int32Array, inks: Uint8Array, left: number, right: number, top: number, bottom: number}} Stamp
 *   a sprite as the pixels that it has; `runs`: of those beside one another, where they come in the buffer and how many
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
    const runs = [];
    for (let i = 0; i < inks.length; i++) {
      if (!inks[i]) continue;
      if (i % width && inks[i - 1]) runs[runs.length - 1] += 1;
      else runs.push((((i / width) | 0) - y) * this.stride + (i % width) - x, 1);
    }
    return { runs: Int32Array.from(runs), inks: inks.filter(Boolean), left: x, right: width - x, top: y, bottom: height - y };
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
    const { runs, inks } = stamp;
    const base = this.at(x, y);
    let i = 0;
    for (let run = 0; run < runs.length; run += 2) {
      let to = base + runs[run];
      for (const end = to + runs[run + 1]; to < end; to++, i++) pixels[to] = colors[first + inks[i]];
    }
  }

  /** Does something with each of its pixels. @param {Stamp} stamp @param {number} x @param {number} y @param {(to: number, i: number) => void} act */
  each(stamp, x, y, act) {
    if (!this.#holds(stamp, x, y)) return;
    const { runs } = stamp;
    const base = this.at(x, y);
    let i = 0;
    for (let run = 0; run < runs.length; run += 2) {
      for (let more = 0; more < runs[run + 1]; more++, i++) act(base + runs[run] + more, i);
    }
  }

  /** Takes a quarter of the light from what is there. @param {Stamp} stamp @param {number} x @param {number} y */
  darken(stamp, x, y) {
    const { pixels } = this;
    this.each(stamp, x, y, (to) => {
      const color = pixels[to];
      pixels[to] = (color & 0xff000000) | (((color >>> 1) & 0x7f7f7f) + ((color >>> 2) & 0x3f3f3f));
    });
  }
}
