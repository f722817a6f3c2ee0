/** Ground that is walked on: it turns into paths over minutes, and grows back over hours. */

import { HALF_HEIGHT, HALF_WIDTH, cornerOf } from './spots.js';

const STEP = 12; // what one step on it does
const WORN = 90; // for each of the three degrees
const MOST = 5 * WORN;
const PARTS = 32; // one of which grows back at a time
const EVERY = 64; // steps of the simulation between two of them
const SECONDS = 17; // in which a cell grows back by one: so often its turn comes, it grows by two

export class Wear {
  /** Cells that look otherwise than when last asked. @type {number[]} */
  changed = [];
  #worn;
  #part = 0;

  /** @param {number} cells */
  constructor(cells) {
    this.#worn = new Uint16Array(cells);
  }

  /** Has the land drawn again where it looks otherwise. @param {import('./land.js').Land} land */
  mend({ terrain: { side, ground }, terrain, grounds, mended, left, top }) {
    if (!this.changed.length) return;
    const around = new Set(this.changed.flatMap((cell) => [cell, cell - 1, cell + 1, cell - side, cell + side]));
    this.changed = [];
    const baked = grounds.filter((one) => one !== undefined);
    for (const cell of around) {
      if (!ground[cell] || !baked.length) continue;
      for (const one of baked) one.mend(cell);
      const { x, y } = cornerOf(terrain, cell);
      mended.push({ x: x - HALF_WIDTH - left, y: y - top, width: 2 * HALF_WIDTH, height: 2 * HALF_HEIGHT });
    }
  }

  /** What was worn before. @param {Wear} before */
  take(before) {
    this.#worn.set(before.#worn);
  }

  /** How worn a cell is, from 0 to 3. @param {number} cell */
  at(cell) {
    return Math.min(3, (this.#worn[cell] / WORN) | 0);
  }

  /** @param {number} cell */
  tread(cell) {
    this.#set(cell, Math.min(MOST, this.#worn[cell] + STEP));
  }

  /** @param {number} tick */
  step(tick) {
    if (tick % EVERY) return;
    const span = Math.ceil(this.#worn.length / PARTS);
    const from = this.#part * span;
    this.#part = (this.#part + 1) % PARTS;
    this.#heal(from, Math.min(this.#worn.length, from + span), 2);
  }

  /** @param {number} seconds */
  skip(seconds) {
    this.#heal(0, this.#worn.length, Math.round(seconds / SECONDS));
  }

  /** @param {number} from @param {number} to @param {number} by */
  #heal(from, to, by) {
    for (let cell = from; cell < to; cell++) if (this.#worn[cell]) this.#set(cell, Math.max(0, this.#worn[cell] - by));
  }

  /** @param {number} cell @param {number} worn */
  #set(cell, worn) {
    const before = this.at(cell);
    this.#worn[cell] = worn;
    if (this.at(cell) !== before) this.changed.push(cell);
  }
}
