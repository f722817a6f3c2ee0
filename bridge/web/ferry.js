/**
 * The boat between the island and everywhere else. It brings who joins and takes who leaves.
 *
 * @typedef {import('./sim.js').Sim} Sim
 */

const SAIL = 260; // steps from out at sea to the pier
const DOCK = 50; // steps that it lies at the pier at least
const SEATS = 5;
const QUEUE = 48; // who comes beyond that many arrives without a boat, or none would ever see the end of it
const HURRY = 16; // steps between two who step ashore
const PATIENCE = 1_800; // steps that it waits at most for who is on the way to it

export const AWAY = 0;
export const COMING = 1;
export const MOORED = 2;
export const GOING = 3;

export class Ferry {
  phase = AWAY;
  /** How far it is from the pier: 1 out at sea, 0 moored. */
  far = 1;
  /** @type {number[]} */
  riders = [];
  #sim;
  /** @type {number[]} */
  #waiting = [];
  /** @type {Set<number>} */
  #outbound = new Set();
  #expected = 0;
  #steps = 0;

  /** @param {Sim} sim */
  constructor(sim) {
    this.#sim = sim;
  }

  /** @param {number} slot @returns {boolean} whether there is room for one more */
  bring(slot) {
    if (this.#waiting.length >= QUEUE) return false;
    this.#waiting.push(slot);
    return true;
  }

  /** Somebody will come to the pier. @returns {boolean} whether there is room */
  take() {
    if (this.#expected >= QUEUE) return false;
    this.#expected += 1;
    return true;
  }

  /** Who was expected stays after all. @param {number} slot */
  stay(slot) {
    this.#expected = Math.max(0, this.#expected - 1);
    if (!this.#outbound.delete(slot)) return;
    this.riders = this.riders.filter((rider) => rider !== slot);
    this.#waiting.push(slot);
  }

  /** Somebody leaves before having come ashore. @param {number} slot @returns {boolean} whether they were not ashore */
  turnBack(slot) {
    this.#waiting = this.#waiting.filter((one) => one !== slot);
    this.riders = this.riders.filter((rider) => rider !== slot);
    this.#outbound.delete(slot);
    return true;
  }

  /** @param {number} slot @returns {boolean} whether the boat is there and has a seat */
  board(slot) {
    if (this.phase !== MOORED || this.riders.length >= SEATS) return false;
    this.riders.push(slot);
    this.#outbound.add(slot);
    this.#expected = Math.max(0, this.#expected - 1);
    return true;
  }

  step() {
    this.#steps += 1;
    if (this.phase === AWAY) {
      if (this.#waiting.length || this.#expected) this.#sail();
    } else if (this.phase === COMING) {
      this.far = 1 - this.#steps / SAIL;
      if (this.far <= 0) this.#enter(MOORED);
    } else if (this.phase === MOORED) {
      this.#unload();
    } else {
      this.far = this.#steps / SAIL;
      if (this.far >= 1) this.#vanish();
    }
  }

  #sail() {
    this.riders = this.#waiting.splice(0, SEATS);
    this.#enter(COMING);
  }

  /** @param {number} phase */
  #enter(phase) {
    this.phase = phase;
    this.#steps = 0;
    this.far = phase === MOORED || phase === GOING ? 0 : 1;
  }

  #unload() {
    const coming = this.riders.filter((rider) => !this.#outbound.has(rider));
    if (coming.length) {
      if (this.#steps % HURRY === 0 && this.#sim.disembark(coming[0])) {
        this.riders = this.riders.filter((rider) => rider !== coming[0]);
      }
      return;
    }
    const isWaitedFor = this.#expected && this.riders.length < SEATS && this.#steps < PATIENCE;
    if (this.#steps >= DOCK && !isWaitedFor) this.#enter(GOING);
  }

  #vanish() {
    for (const rider of this.#outbound) this.#sim.drop(rider);
    this.#outbound.clear();
    this.riders = [];
    this.#enter(AWAY);
  }

  /** Everyone is where they were going. */
  skip() {
    const ashore = [...this.#waiting, ...this.riders.filter((rider) => !this.#outbound.has(rider))];
    this.#waiting = [];
    this.riders = [];
    for (const slot of this.#outbound) this.#sim.drop(slot);
    this.#outbound.clear();
    this.#expected = 0;
    this.#enter(AWAY);
    for (const slot of ashore) this.#sim.putAshore(slot);
  }
}
