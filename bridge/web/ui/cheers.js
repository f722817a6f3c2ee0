/** Whether so many react at once that it is something to celebrate. Knows no clock: times are handed in, in milliseconds. */

const MANY_CHEERS = 8; // reactions
const AT_ONCE_MS = 6_000;
const NEXT_FEAST_MS = 30_000; // after which there may be another feast

export class Cheers {
  /** @type {number[]} */
  #heard = [];
  #last = -Infinity;

  /** Somebody reacted. @param {number} now @returns {boolean} whether that makes it a feast */
  heard(now) {
    this.#heard = [...this.#heard, now].filter((at) => at > now - AT_ONCE_MS).slice(-MANY_CHEERS);
    if (this.#heard.length < MANY_CHEERS || now < this.#last + NEXT_FEAST_MS) return false;
    this.#last = now;
    return true;
  }
}
