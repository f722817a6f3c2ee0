/**
 * A camera that nobody touches goes to where people talk, close enough to see them, then back to the whole, and again.
 * Knows no clock: times are handed in, in milliseconds.
 *
 * @typedef {{to: 'place', place: string} | {to: 'whole'}} Shot
 */

export const UNTOUCHED_MS = 30_000; // untouched for this long
export const CLOSE_MS = 12_000; // with a conversation
export const WHOLE_MS = 12_000; // with the whole, at least, between two of them

export class Tour {
  #touchedAt;
  #movedAt = -Infinity;
  #wanted = '';
  /** Whether it is away from the whole. */
  isAway = false;

  /** @param {number} now */
  constructor(now) {
    this.#touchedAt = now;
  }

  /** Somebody takes the camera over. @param {number} now */
  touched(now) {
    this.#touchedAt = now;
    this.#wanted = '';
    this.isAway = false;
  }

  /** Something happened there. @param {string} place */
  heard(place) {
    this.#wanted = place;
  }

  /**
   * Where to look next, if it is time to.
   *
   * @param {number} now
   * @returns {Shot | null}
   */
  next(now) {
    const passed = now - this.#movedAt;
    if (this.isAway && passed >= CLOSE_MS) {
      this.isAway = false;
      this.#movedAt = now;
      return { to: 'whole' };
    }
    if (this.isAway || !this.#wanted || now - this.#touchedAt < UNTOUCHED_MS || passed < WHOLE_MS) return null;
    const place = this.#wanted;
    this.#wanted = '';
    this.#movedAt = now;
    this.isAway = true;
    return { to: 'place', place };
  }
}
