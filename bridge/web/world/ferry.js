/**
 * The boat between the island and everywhere else. It brings who joins and takes who leaves.
 *
 * @typedef {{disembark(slot: number): boolean, drop(slot: number): void, putAshore(slot: number): void}} Shore
 *   `disembark` tells whether there was room on the pier
 */

const SAIL = 260; // steps from out at sea to the pier
const DOCK = 50; // steps that it lies at the pier at least
const SEATS = 5;
const QUEUE = 15; // beyond that many one comes or goes without it, or the queue would never end
const HURRY = 16; // steps between two who step ashore
const WAITING = 1_200; // steps that it waits at most for who is on the way to it

const AWAY = 0;
const COMING = 1;
const MOORED = 2;
const GOING = 3;

export class Ferry {
  phase = AWAY;
  /** How far it is from the pier: 1 out at sea, 0 moored. */
  far = 1;
  /** Who sits in it. @type {number[]} */
  riders = [];
  #shore;
  /** Who will come with the next one. @type {number[]} */
  #waiting = [];
  /** Who is on the way to the pier. @type {Set<number>} */
  #expected = new Set();
  /** Which of the riders leave. @type {Set<number>} */
  #outbound = new Set();
  #steps = 0;

  /** @param {Shore} shore */
  constructor(shore) {
    this.#shore = shore;
  }

  /** Whether it is nowhere to be seen. */
  get isAway() {
    return this.phase === AWAY;
  }

  get isComing() {
    return this.phase === COMING;
  }

  /** Somebody wants to come. @param {number} slot @returns {boolean} whether they can */
  bring(slot) {
    if (this.#waiting.length >= QUEUE) return false;
    this.#waiting.push(slot);
    return true;
  }

  /** Somebody wants to leave. @param {number} slot @returns {boolean} whether they can */
  expect(slot) {
    if (this.#expected.size >= QUEUE) return false;
    this.#expected.add(slot);
    return true;
  }

  /** Somebody at the pier steps in. @param {number} slot @returns {boolean} whether there is a boat with a seat */
  board(slot) {
    if (this.phase !== MOORED || this.riders.length >= SEATS) return false;
    this.#expected.delete(slot);
    this.#outbound.add(slot);
    this.riders.push(slot);
    return true;
  }

  /** Somebody doesn't leave after all: who sits in the boat comes back with it. @param {number} slot */
  stay(slot) {
    this.#expected.delete(slot);
    if (!this.#outbound.delete(slot) || this.phase === MOORED) return;
    this.riders = this.riders.filter((rider) => rider !== slot);
    this.#waiting.push(slot);
  }

  /** Somebody doesn't come after all. @param {number} slot */
  forget(slot) {
    this.#waiting = this.#waiting.filter((one) => one !== slot);
    this.riders = this.riders.filter((rider) => rider !== slot);
    this.#outbound.delete(slot);
  }

  step() {
    this.#steps += 1;
    if (this.phase === AWAY) {
      if (this.#waiting.length || this.#expected.size) this.#enter(COMING);
    } else if (this.phase === COMING) {
      this.far = 1 - this.#steps / SAIL;
      if (this.far <= 0) this.#enter(MOORED);
    } else if (this.phase === MOORED) {
      this.#lie();
    } else {
      this.far = this.#steps / SAIL;
      if (this.far >= 1) this.#enter(AWAY);
    }
  }

  /** @param {number} phase */
  #enter(phase) {
    this.phase = phase;
    this.#steps = 0;
    this.far = phase === MOORED || phase === GOING ? 0 : 1;
    if (phase === COMING) this.riders = this.#waiting.splice(0, SEATS);
    if (phase === AWAY) this.#dismiss();
  }

  /** First those step ashore who came, then those in who leave. */
  #lie() {
    const next = this.riders.find((rider) => !this.#outbound.has(rider));
    if (next !== undefined) {
      if (this.#steps % HURRY === 0 && this.#shore.disembark(next)) this.riders = this.riders.filter((rider) => rider !== next);
      return;
    }
    const isWaitedFor = this.#expected.size && this.riders.length < SEATS && this.#steps < WAITING;
    if (this.#steps >= DOCK && !isWaitedFor) this.#enter(GOING);
  }

  #dismiss() {
    for (const rider of this.#outbound) this.#shore.drop(rider);
    this.#outbound.clear();
    this.riders = [];
  }

  /** Everyone is where they were going. */
  skip() {
    const ashore = [...this.#waiting, ...this.riders.filter((rider) => !this.#outbound.has(rider))];
    this.#waiting = [];
    this.#expected.clear();
    this.#enter(AWAY);
    for (const slot of ashore) this.#shore.putAshore(slot);
  }
}
