/**
 * Who is watching, where the bridge has a login.
 *
 * @typedef {{id: string, name: string}} User
 */

import { byId, icon, make } from './dom.js';
import { ask } from '../guild/net.js';

/** How a login ended that came to nothing: a refusal's code. @param {Location} here */
export function outcomeOf(here) {
  const outcome = new URLSearchParams(here.search).get('login');
  return outcome && (outcome === 'silent' ? 'no-answer' : outcome === 'denied' ? 'login-denied' : 'login-failed');
}

export class Account {
  #words;
  #changed;
  /** @type {User | null} */
  user = null;
  /** Whether one can log in here at all. */
  possible = false;

  /** @param {import('../words.js').AllWords} words @param {() => void} changed */
  constructor(words, changed) {
    this.#words = words;
    this.#changed = changed;
  }

  async look() {
    const answer = await ask('auth/me');
    this.possible = answer?.login === true;
    this.user = typeof answer?.user?.id === 'string' ? answer.user : null;
    this.#show();
    this.#changed();
  }

  /** A way to log in and come back here, or to another guild. @param {string} [slug] */
  button(slug) {
    const button = make('button', 'primary', icon('key'), this.#words.logIn);
    button.type = 'button';
    button.addEventListener('click', () => this.#logIn(slug));
    return button;
  }

  /** @param {string} [slug] */
  #logIn(slug) {
    const back = new URL(location.href);
    if (slug) back.searchParams.set('s', slug);
    location.assign(`auth/login?to=${encodeURIComponent(back.pathname + back.search)}`);
  }

  async #logOut() {
    await fetch('auth/logout', { method: 'POST' }).catch(() => {}); // who is still logged in sees it after the reload
    location.reload();
  }

  #show() {
    const node = byId('account');
    node.hidden = !this.possible;
    if (!this.user) {
      node.replaceChildren(this.button());
      return;
    }
    const out = make('button', '', this.#words.logOut);
    out.type = 'button';
    out.addEventListener('click', () => this.#logOut());
    node.replaceChildren(make('span', 'name', this.user.name), out);
  }
}
