/** How new land comes up out of the sea: from the old coast outward, grain by grain. */

import { shiftOf } from './draw.js';
import { GRAIN, SEA, WHITE } from './grain.js';
import { HALF_HEIGHT, HALF_WIDTH } from './spots.js';

export const RISING = 1.5; // seconds
const STILL_DRY = 0.72; // of the old reach: nearer than that all is as it was
const STILL_SEA = 1.3; // of the new one: farther than that there is nothing new
const FRAYED_COAST = 0.12;

export class Rising {
  #from;
  #span;

  /** @param {number} before how far the land reached, in cells @param {number} after */
  constructor(before, after) {
    this.#from = before * STILL_DRY;
    this.#span = after * STILL_SEA - this.#from;
  }

  /** When it is up at a point, in parts of the time that all of it takes. @param {number} x in pixels of art from the heart @param {number} y */
  when(x, y) {
    const across = x / HALF_WIDTH;
    const down = y / HALF_HEIGHT;
    return (Math.sqrt((across * across + down * down) / 2) - this.#from) / this.#span;
  }

  /**
   * Covers what isn't up yet with what was there before.
   *
   * @param {import('./buffer.js').Buffer} buffer
   * @param {import('./draw.js').View} view
   * @param {import('./backdrop.js').Backdrop} old
   * @param {import('./inks.js').Palette} palette
   * @param {import('./glow.js').Glow} glow
   */
  cover(buffer, view, old, palette, glow) {
    old.update(palette, glow, view.y - old.top, view.y - old.top + buffer.height);
    const step = view.far ? 2 : 1;
    for (let row = 0; row < buffer.height; row++) {
      const y = row + view.y;
      const line = y - old.top;
      const isSea = line < 0 || line >= old.height;
      const strip = old.seaRow(y);
      const shift = shiftOf(view, y);
      const out = buffer.at(0, row);
      for (let column = 0; column < buffer.width; column++) {
        const x = column + view.x;
        const when = this.when(x * step, y * step);
        if (when < 0 || when + (WHITE[((y & (GRAIN - 1)) * GRAIN) | (x & (GRAIN - 1))] / 256) * FRAYED_COAST < view.grown * (1 + FRAYED_COAST)) continue;
        const at = x - old.left;
        const isOpen = isSea || at < 0 || at >= old.width;
        buffer.pixels[out + column] = isOpen ? old.sea[strip + ((column + shift) & (SEA - 1))] : old.pixels[line * old.width + at];
      }
    }
  }
}
