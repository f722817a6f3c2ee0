/**
 * A camera that nobody touches goes for a walk to where something happens.
 * Knows no clock: times are handed in, in milliseconds.
 */

export const UNTOUCHED_MS = 30_000; // untouched for this long
const STAY_MS = 14_000; // at one place

export class Tour {
  #touchedAt;
  #movedAt = 0;
  #wanted = '';

  /** @param {number} now */
  constructor(now) {
    this.#touchedAt = now;
  }

  /** @param {number} now */
  touched(now) {
    this.#touchedAt = now;
    this.#wanted = '';
  }

  /** Something happened there. @param {string} place */
  heard(place) {
    this.#wanted = place;
  }

  /**
   * Where to look next, if it is time to.
   *
   * @param {number} now
   * @returns {string | null}
   */
  next(now) {
    if (!this.#wanted || now - this.#touchedAt < UNTOUCHED_MS || now - this.#movedAt < STAY_MS) return null;
    const place = this.#wanted;
    this.#wanted = '';
    this.#movedAt = now;
    return place;
  }
}
