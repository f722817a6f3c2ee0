/**
 * What one's own figure can do, around its head: for who is logged in and is to be seen here.
 *
 * @typedef {import('./layout.js').Rect} Rect
 * @typedef {{own(): string, ask(gesture: string): void}} Self `own`: the uid of who may, or nothing
 */

import { byId, focusTools, make, setText, svg } from './dom.js';

const TOLD_MS = 5_000;
const ROOM_BESIDE = 100; // pixels that it takes to either side of the head
const ROOM_ABOVE = 76; // and above
/** How many choices on each key. @type {Record<string, number>} */
const CHOICE_KEYS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
/** @type {Record<string, string>} */
const DEEDS = {
  wave: 'M5 7V3h2v4h1V2h2v5h1V3h2v8l-2 4H6l-4-5 1-1 2 1zM0 3l2-2v2zM14 1l2 2h-2z',
  hop: 'M8 1l4 4H9.5v4h-3V5H4zM2 11h12v2H2z',
  sit: 'M3 1h2v7h8v7h-2v-4H5v4H3z',
};

export class Ring {
  #more;
  #where;
  #self;
  #node = make('div', 'ring');
  #status = make('p', 'tip unseen');
  /** Whose it is, while it is there. */
  #uid = '';
  #saidUntil = Infinity;
  /** What the keyboard was at. @type {Element | null} */
  #before = null;

  /**
   * @param {import('../words.js').MoreWords['gestures']} more
   * @param {import('../world/whereabouts.js').Whereabouts} where
   * @param {Self} self
   */
  constructor(more, where, self) {
    this.#more = more;
    this.#where = where;
    this.#self = self;
    this.#node.setAttribute('role', 'menu');
    this.#node.ariaLabel = more.title;
    this.#node.append(...Object.keys(DEEDS).map((gesture) => this.#choice(gesture)));
    this.#node.hidden = true;
    this.#node.addEventListener('keydown', (event) => this.#press(event));
    this.#status.setAttribute('role', 'status');
    byId('stage').append(make('div', 'over', this.#node, this.#status));
  }

  get isOpen() {
    return this.#uid !== '';
  }

  /**
   * Somebody or nobody was pointed at: it opens around oneself, or goes.
   *
   * @param {string} uid
   * @param {boolean} [byKey] the keyboard comes along
   * @returns {boolean} whether it is there now
   */
  touch(uid, byKey = false) {
    if (this.close() || !uid || uid !== this.#self.own() || !this.#where.headOf(uid)?.visible) return false;
    this.#say('');
    this.#before = byKey ? document.activeElement : null;
    this.#uid = uid;
    this.#node.hidden = false;
    if (byKey) this.#focus(0);
    return true;
  }

  /** @returns {boolean} whether it was there */
  close() {
    if (!this.isOpen) return false;
    const hadFocus = this.#node.contains(document.activeElement);
    this.#uid = '';
    this.#node.hidden = true;
    if (hadFocus && this.#before?.isConnected) /** @type {HTMLElement} */ (this.#before).focus();
    else if (hadFocus) focusTools();
    return true;
  }

  /** Somebody has done something, for all to see. @param {string} uid @param {string} gesture */
  seen(uid, gesture) {
    if (uid === this.#self.own()) this.#say(/** @type {Record<string, string>} */ (this.#more.done)[gesture] ?? '', true);
  }

  /** It came to nothing. @param {string} code */
  refuse(code) {
    this.#say(/** @type {Record<string, string>} */ (this.#more.refusals)[code] ?? this.#more.refusals['gesture-silent']);
  }

  /** @param {number} now @param {Rect} free */
  frame(now, free) {
    if (this.#saidUntil === 0) this.#saidUntil = now + TOLD_MS;
    if (now > this.#saidUntil) this.#say('');
    const uid = this.#uid || this.#self.own();
    const at = uid && (this.isOpen || this.#status.textContent) ? this.#where.headOf(uid) : null;
    if (!at?.visible || uid !== this.#self.own()) {
      this.close();
      if (!at) return;
    }
    const x = Math.round(Math.max(free.left + ROOM_BESIDE, Math.min(free.right - ROOM_BESIDE, at.x)));
    const y = Math.round(Math.max(free.top + ROOM_ABOVE, Math.min(free.bottom, at.y)));
    const [ring, status] = [`translate(${x}px,${y}px)`, `translate(${x}px,${y}px) translate(-50%,-100%)`];
    if (this.#node.style.transform !== ring) this.#node.style.transform = ring;
    if (this.#status.style.transform !== status) this.#status.style.transform = status;
  }

  /** @param {string} gesture */
  #choice(gesture) {
    const sign = svg('svg', 'icon');
    const path = svg('path', '');
    sign.setAttribute('viewBox', '0 0 16 16');
    sign.setAttribute('aria-hidden', 'true');
    path.setAttribute('d', DEEDS[gesture]);
    sign.append(path);
    const button = make('button', 'plate', sign, make('span', '', /** @type {Record<string, any>} */ (this.#more)[gesture]));
    button.type = 'button';
    button.tabIndex = -1;
    button.setAttribute('role', 'menuitem');
    button.addEventListener('click', () => {
      this.close();
      this.#self.ask(gesture);
    });
    return button;
  }

  /** @param {string} text @param {boolean} [unseen] said only to who doesn't see it */
  #say(text, unseen = false) {
    this.#status.classList.toggle('unseen', unseen || !text);
    setText(this.#status, text);
    this.#saidUntil = text ? 0 : Infinity;
  }

  /** @param {number} index */
  #focus(index) {
    const choices = /** @type {HTMLElement[]} */ ([...this.#node.children]);
    choices.at(index % choices.length)?.focus();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const turn = CHOICE_KEYS[event.key];
    if (event.key === 'Tab') this.close();
    if (!turn && event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation(); // the world has no part in it
    if (turn) this.#focus([...this.#node.children].indexOf(/** @type {Element} */ (document.activeElement)) + turn);
    else this.close();
  }
}
