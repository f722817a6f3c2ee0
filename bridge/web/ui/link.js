/**
 * The lamp that says whether what the page shows is live.
 *
 * @typedef {import('../guild/net.js').LinkState} LinkState
 */

import { byId, hide, setText } from './dom.js';

export class LinkLamp {
  #words;
  /** @type {LinkState | null} */
  #state = null;
  /** @type {number | undefined} */
  #clock;

  /**
   * @param {import('../words.js').Words} words
   * @param {() => void} retry
   */
  constructor(words, retry) {
    this.#words = words;
    byId('retry').addEventListener('click', retry);
  }

  /** @param {LinkState} state @param {number} lostAt when what is shown was last true; 0 while it is */
  show(state, lostAt) {
    if (state === this.#state) return;
    this.#state = state;
    const waiting = state.phase === 'waiting';
    byId('link').dataset.phase = state.phase;
    setText(byId('link-text'), this.#words[waiting ? state.why : state.phase]);
    hide(byId('retry'), !waiting || state.why === 'refused'); // there the card has a button
    clearInterval(this.#clock);
    const count = () => this.#count(waiting && state.why !== 'refused' ? state.retryAt : 0, lostAt);
    if (waiting || lostAt) this.#clock = setInterval(count, 500);
    count();
  }

  /** @param {number} until @param {number} lostAt */
  #count(until, lostAt) {
    const age = Math.round((Date.now() - lostAt) / 1_000);
    const { seen, seenMinutes } = this.#words;
    setText(byId('link-seen'), lostAt ? (age > 90 ? seenMinutes(Math.round(age / 60)) : seen(age)) : '');
    this.#countDown(until);
  }

  /** @param {number} until */
  #countDown(until) {
    const seconds = Math.max(0, Math.ceil((until - Date.now()) / 1_000));
    const { in: inSeconds, inMinutes } = this.#words;
    const left = seconds > 90 ? inMinutes(Math.round(seconds / 60)) : inSeconds(seconds);
    setText(byId('link-countdown'), until ? left : '');
  }
}
