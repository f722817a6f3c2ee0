/**
 * What roles are called and how many of each are online, in the legend; nothing where a server doesn't show it.
 *
 * @typedef {import('../guild/roles.js').Role} Role
 */

import { byId, make, setText } from './dom.js';
import { rolesIn } from '../guild/roles.js';

const RELIST_MS = 500; // between two looks while somebody reads

export class RoleList {
  #words;
  #census;
  #list;
  #seen = -1;
  #lookedAt = 0;
  /** @type {number | undefined} */
  #looking;

  /**
   * @param {import('../words.js').AllWords} words
   * @param {import('./later.js').Later} later
   * @param {import('../guild/census.js').Census} census
   */
  constructor(words, later, census) {
    this.#words = words;
    this.#census = census;
    const rows = make('ul', 'looks');
    this.section = make('section', 'roles', make('h3', '', words.roles), rows);
    this.section.hidden = true;
    this.#list = new later.KeyedList(rows, (/** @type {Role} */ { color }) => color, ({ color }) => (
      make('li', '', later.portraitOf({ color }), make('span'))
    ), (row, { names, online }) => setText(/** @type {Node} */ (row.lastChild), this.#words.ofRole(names, online)));
  }

  /** Brings it to what is told now, if somebody sees it. */
  show() {
    if (this.#seen === this.#census.revision || !byId('legend').matches(':popover-open')) return;
    clearTimeout(this.#looking);
    const wait = this.#lookedAt + RELIST_MS - performance.now();
    const roles = rolesIn(this.#census);
    if (wait > 0 && roles.length) { // what is told no more goes at once
      this.#looking = setTimeout(() => this.show(), wait);
      return;
    }
    this.#lookedAt = performance.now();
    this.#seen = this.#census.revision;
    this.#list.show(roles);
    this.section.hidden = !roles.length;
  }
}
