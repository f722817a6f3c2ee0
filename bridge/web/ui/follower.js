/**
 * Says whom the camera follows, and lets it go.
 *
 * @typedef {import('../guild/people.js').Member} Member
 */

import { byId, hide, icon, make, setText } from './dom.js';

export class Follower {
  #words;
  #text = make('span');
  /** @type {string | null} */
  #name = null;

  /** @param {import('../words.js').AllWords} words @param {() => void} stop */
  constructor(words, stop) {
    this.#words = words;
    const button = make('button', '', icon('close', words.stop));
    button.type = 'button';
    button.title = words.stop;
    button.addEventListener('click', stop);
    byId('following').append(this.#text, button);
    byId('following').hidden = true;
  }

  /** @param {Member | null} member */
  show(member) {
    const name = member?.name ?? null;
    if (name === this.#name) return;
    this.#name = name;
    setText(this.#text, name === null ? '' : this.#words.following(name));
    hide(byId('following'), name === null);
  }
}
