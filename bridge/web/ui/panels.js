/**
 * What lies beside the world: messages or members at the side, one at a time, and what the tools open over it.
 *
 * @typedef {import('./layout.js').Rect} Rect
 * @typedef {'messages' | 'members' | 'none'} Panel
 */

import { byId } from './dom.js';

const WIDE = 1_024; // pixels from where on messages stand open unless somebody closed them
const MARGIN_PX = 8;
const BELOW = 0.9; // of the view's width: a panel as wide as that lies below, not beside

export class Panels {
  #preferences;
  #moved;
  /** What had the keyboard before a panel was opened. @type {HTMLElement | null} */
  #before = null;
  #buttons = [...byId('tools').querySelectorAll('button')].filter(({ dataset }) => dataset.panel);

  /**
   * @param {import('./preferences.js').Preferences} preferences
   * @param {(free: Rect) => void} moved with what of the view is free now
   */
  constructor(preferences, moved) {
    this.#preferences = preferences;
    this.#moved = moved;
    for (const button of this.#buttons) {
      const panel = /** @type {Panel} */ (button.dataset.panel);
      button.addEventListener('click', () => this.turnTo(this.open === panel ? 'none' : panel));
    }
    document.querySelector('.skip')?.addEventListener('click', () => this.turnTo('messages'));
    const { panel } = preferences.choices;
    this.#show(panel === 'auto' ? (innerWidth >= WIDE ? 'messages' : 'none') : panel);
    new ResizeObserver(() => this.measure()).observe(byId('stage'));
  }

  /** @returns {Panel} */
  get open() {
    return /** @type {Panel} */ (document.body.dataset.panel);
  }

  /** @param {Panel} panel */
  turnTo(panel) {
    const { activeElement, body } = document;
    if (this.open === 'none') this.#before = activeElement instanceof HTMLElement && activeElement !== body ? activeElement : null;
    this.#preferences.choose('panel', panel);
    this.#show(panel);
    this.measure();
  }

  /** Where the whole width is needed for a panel, choosing something in it closes it. */
  makeRoom() {
    if (this.#isNarrow()) this.close();
  }

  /** Closes what is open. */
  close() {
    const was = this.open;
    if (was === 'none') return;
    const button = this.#buttons.find(({ dataset }) => dataset.panel === was);
    const hadFocus = byId(was).contains(document.activeElement);
    this.turnTo('none');
    if (!hadFocus) return;
    this.#before?.focus();
    if (!this.#before || document.activeElement !== this.#before) button?.focus();
  }

  /** Looks what the frame covers: only when it has changed, never with each frame. */
  measure() {
    const { width, height } = byId('stage').getBoundingClientRect();
    const free = { left: MARGIN_PX, top: MARGIN_PX, right: width - MARGIN_PX, bottom: height - MARGIN_PX };
    if (!document.body.classList.contains('embed')) {
      free.top = this.#below('.top');
      if (this.#isNarrow()) free.bottom = byId('tools').getBoundingClientRect().top - MARGIN_PX;
    }
    if (this.open !== 'none') {
      const { left, top, width: wide } = byId(this.open).getBoundingClientRect();
      if (wide > width * BELOW) free.bottom = top - MARGIN_PX;
      else if (wide) free.right = left - MARGIN_PX;
    }
    this.#moved(free);
  }

  /** @param {string} selector */
  #below(selector) {
    return (document.querySelector(selector)?.getBoundingClientRect().bottom ?? 0) + MARGIN_PX;
  }

  #isNarrow() {
    return matchMedia('(max-width: 51.99rem)').matches;
  }

  /** @param {Panel} panel */
  #show(panel) {
    document.body.dataset.panel = panel;
    for (const button of this.#buttons) {
      button.setAttribute('aria-expanded', String(button.dataset.panel === panel));
    }
    byId('feed').tabIndex = panel === 'messages' ? 0 : -1; // the log goes on for those who listen
  }
}
