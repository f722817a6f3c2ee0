/**
 * Whether the line still lives. A network that is gone says nothing, and the browser may take minutes to notice: so
 * a line over which nothing comes is asked for a beat, and is dead if that isn't answered. An older bridge answers
 * with an error, which says the same. Whatever comes is an answer.
 */

const SILENCE_MS = 15_000; // nothing heard for that long: ask
const MOST_SILENCE_MS = 18_000; // the same, while things are asked for
const ANSWER_MS = 10_000; // for the answer
const PROBE_MS = 2_000; // the same, when there is a reason to doubt
const LATE_MS = 500; // a clock that strikes so late tells of a busy page, which may not have read what is there
const TICK_MS = 500;
const NAP_MS = 5_000; // from tick to tick: the page was asleep

export class Pulse {
  #ask;
  #dead;
  /** @type {number | undefined} */
  #timer;
  /** @type {number | undefined} */
  #ticking;
  /** When the answer has to be there; 0 while nothing is asked. */
  #due = 0;
  #heardAt = 0;

  /**
   * @param {() => void} ask sends a beat
   * @param {() => void} dead
   */
  constructor(ask, dead) {
    this.#ask = ask;
    this.#dead = dead;
  }

  /** The line is there from now on. */
  start() {
    let awake = Date.now();
    this.#ticking = setInterval(() => {
      if (Date.now() - awake > NAP_MS) this.doubt();
      awake = Date.now();
    }, TICK_MS);
    this.heard();
  }

  /** There is no line to watch. */
  stop() {
    clearInterval(this.#ticking);
    clearTimeout(this.#timer);
    this.#ticking = undefined;
  }

  /** Something came. */
  heard() {
    this.#due = 0;
    this.#heardAt = Date.now();
    this.asked();
  }

  /** Something is asked for, which may take its time; a beat that was asked for before is answered before. */
  asked() {
    if (!this.#ticking || this.#due) return;
    this.#after(Math.min(SILENCE_MS, this.#heardAt + MOST_SILENCE_MS - Date.now()), () => this.#inquire(ANSWER_MS));
  }

  /** Something happened that lines die of: a sleep, another network. */
  doubt() {
    if (this.#ticking) this.#inquire(PROBE_MS);
  }

  /** @param {number} patience */
  #inquire(patience) {
    const due = Date.now() + patience;
    if (this.#due && this.#due <= due) return; // asked already
    this.#due = due;
    this.#ask();
    this.#after(patience, () => {
      if (Date.now() - due > LATE_MS) this.#after(PROBE_MS, this.#dead);
      else this.#dead();
    });
  }

  /** @param {number} ms @param {() => void} act */
  #after(ms, act) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, ms);
  }
}
