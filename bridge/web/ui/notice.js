/**
 * What the bridge refused, said once and politely; with a place for a password where one may help.
 *
 * @typedef {import('../guild/conversation.js').Refusal} Refusal
 * @typedef {(slug?: string) => HTMLElement} MakeButton to log in, and come back to that guild
 */

import { byId, focusTools, icon, make } from './dom.js';

const LOGIN_HELPS = new Set(['login-needed', 'login-ended', 'login-failed', 'login-denied', 'no-answer']);
const PASSWORD_HELPS = new Set(['login-needed', 'locked', 'wrong-password']);

export class Notice {
  #words;
  #close;
  #node = byId('notice');
  /** @type {Refusal | null} */
  #shown = null;
  #name = '';
  /** @type {MakeButton | null} */
  #login = null;
  /** Asks for a password, where one may be asked for. @type {((slug: string) => HTMLElement) | null} */
  askPassword = null;
  #asks = this.askPassword;

  /**
   * @param {import('../words.js').Words} words
   * @param {() => void} close
   */
  constructor(words, close) {
    this.#words = words;
    this.#close = close;
  }

  /**
   * @param {Refusal | null} refusal
   * @param {string} name what the guild is called, as far as the page knows
   * @param {MakeButton | null} login makes a button, where a login may help
   */
  show(refusal, name, login) {
    if (refusal === this.#shown && name === this.#name && login === this.#login && this.askPassword === this.#asks) return;
    const before = this.#node.querySelector('input');
    const isSame = refusal && refusal.slug === this.#shown?.slug && !refusal.tried;
    const hadFocus = this.#node.contains(document.activeElement);
    this.#login = login;
    this.#asks = this.askPassword;
    this.#shown = refusal;
    this.#name = name;
    this.#node.replaceChildren(...(refusal ? this.#content(refusal, name) : []));
    const input = this.#node.querySelector('input');
    if (input && before && isSame) input.value = before.value; // somebody may be typing
    if (input && (hadFocus || refusal?.tried)) input.focus();
    else if (hadFocus) focusTools();
  }

  /** @param {Refusal} refusal @param {string} name */
  #content({ code, text, slug, tried }, name) {
    if (tried && code === 'login-needed') code = 'wrong-password'; // the bridge says again what it wants
    if (code === 'login-needed' && !this.#login) code = 'locked';
    const { refusals } = this.#words;
    /** @type {HTMLElement[]} */
    const content = [make('p', '', Object.hasOwn(refusals, code) ? refusals[code](name) : (text || code))];
    if (this.#login && LOGIN_HELPS.has(code)) content.push(this.#login(slug ?? ''));
    if (code === 'incomplete') content.push(this.#reloadButton());
    if (this.askPassword && slug && PASSWORD_HELPS.has(code)) content.push(this.askPassword(slug));
    return [...content, this.#closeButton()];
  }

  #reloadButton() {
    const button = make('button', 'primary', this.#words.reload);
    button.type = 'button';
    button.addEventListener('click', () => location.reload());
    return button;
  }

  #closeButton() {
    const button = make('button', 'close', icon('close', this.#words.close));
    button.type = 'button';
    button.addEventListener('click', this.#close);
    return button;
  }
}
