/**
 * The lamp that says whether what the page shows is live.
 *
 * @typedef {import('../net.js').LinkState} LinkState
 */

import { byId, setText } from '../dom.js';

export class LinkLamp {
  #words;
  /** @type {LinkState | null} */
  #state = null;
  /** @type {number | undefined} */
  #clock;

  /**
   * @param {import('../i18n.js').Words} words
   * @param {() => void} retry
   */
  constructor(words, retry) {
    this.#words = words;
    byId('retry').addEventListener('click', retry);
  }

  /** @param {LinkState} state */
  show(state) {
    if (state === this.#state) return;
    this.#state = state;
    const waiting = state.phase === 'waiting';
    byId('link').dataset.phase = state.phase;
    setText(byId('link-text'), this.#words[waiting ? state.why : state.phase]);
    byId('retry').hidden = !waiting || state.why === 'refused'; // there the card has a button
    clearInterval(this.#clock);
    if (waiting) this.#clock = setInterval(() => this.#countDown(state.retryAt), 500);
    this.#countDown(waiting ? state.retryAt : 0);
  }

  /** @param {number} until */
  #countDown(until) {
    const seconds = Math.max(0, Math.ceil((until - Date.now()) / 1_000));
    const { in: inSeconds, inMinutes } = this.#words;
    const left = seconds > 90 ? inMinutes(Math.round(seconds / 60)) : inSeconds(seconds);
    setText(byId('link-countdown'), until ? left : '');
  }
}
