/** Who thinks when: a wheel with a bucket for each of the next steps. */

const BUCKETS = 1024;

export class Wheel {
  /** @type {number[][]} */
  #buckets = Array.from({ length: BUCKETS }, () => []);

  /** @param {number} slot @param {number} due the step */
  put(slot, due) {
    this.#buckets[due % BUCKETS].push(slot);
  }

  /**
   * Those whose time it is. `due` knows when that is by now: who was put in again since is left out, who has a
   * round to go stays in.
   *
   * @param {number} now
   * @param {ArrayLike<number>} due
   */
  take(now, due) {
    const bucket = this.#buckets[now % BUCKETS];
    if (!bucket.length) return bucket;
    this.#buckets[now % BUCKETS] = bucket.filter((slot) => due[slot] > now && (due[slot] - now) % BUCKETS === 0);
    return bucket.filter((slot) => due[slot] === now);
  }

  clear() {
    for (const bucket of this.#buckets) bucket.length = 0;
  }
}
