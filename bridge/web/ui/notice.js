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
  #enter;
  #close;
  #node = byId('notice');
  /** @type {Refusal | null} */
  #shown = null;
  #name = '';
  /** @type {MakeButton | null} */
  #login = null;

  /**
   * @param {import('../words.js').Words} words
   * @param {((slug: string, password: string) => void) | null} enter null where no password may be asked for
   * @param {() => void} close
   */
  constructor(words, enter, close) {
    this.#words = words;
    this.#enter = enter;
    this.#close = close;
  }

  /**
   * @param {Refusal | null} refusal
   * @param {string} name what the guild is called, as far as the page knows
   * @param {MakeButton | null} login makes a button, where a login may help
   */
  show(refusal, name, login) {
    if (refusal === this.#shown && name === this.#name && login === this.#login) return;
    const before = this.#node.querySelector('input');
    const isSame = refusal && refusal.slug === this.#shown?.slug && !refusal.tried;
    const hadFocus = this.#node.contains(document.activeElement);
    this.#login = login;
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
    if (this.#enter && slug && PASSWORD_HELPS.has(code)) {
      content.push(this.#passwordForm(slug, this.#enter));
    }
    return [...content, this.#closeButton()];
  }

  /** @param {string} slug @param {(slug: string, password: string) => void} enter */
  #passwordForm(slug, enter) {
    const input = make('input');
    input.type = 'password';
    input.required = true;
    input.maxLength = 200;
    input.autocomplete = 'off';
    const label = make('label', '', this.#words.password, input);
    const form = make('form', '', label, make('button', 'primary', this.#words.enter));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      enter(slug, input.value);
    });
    return form;
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
