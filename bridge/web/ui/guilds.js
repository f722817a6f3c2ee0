/**
 * The server picker.
 *
 * @typedef {import('../guild/replica.js').Guild} Guild
 */

import { byId, icon, make, setText } from './dom.js';

export class GuildList {
  #words;
  #pick;
  /** @type {import('./list.js').KeyedList<Guild>} */
  #list;
  /** @type {readonly Guild[] | null} */
  #shown = null;
  #state = '';

  /**
   * @param {import('./later.js').Later} later
   * @param {import('../words.js').AllWords} words
   * @param {(slug: string) => void} pick
   */
  constructor({ KeyedList }, words, pick) {
    this.#words = words;
    this.#pick = pick;
    this.#list = new KeyedList(
      byId('guilds'), (guild) => guild.key, () => this.#create(), (row, guild) => this.#update(row, guild),
    );
  }

  /**
   * @param {readonly Guild[]} guilds
   * @param {string | null} current slug of the guild that is watched
   * @param {string | null} asking slug of the guild whose door is being knocked at
   * @param {ReadonlyMap<string, number>} present how many are online, by slug, where known
   */
  show(guilds, current, asking, present) {
    const state = JSON.stringify([current, asking, ...present]);
    if (guilds === this.#shown && state === this.#state) return;
    this.#shown = guilds;
    this.#state = state;
    this.#list.show(guilds);
    for (const button of byId('guilds').querySelectorAll('button')) {
      const { slug } = button.dataset;
      button.setAttribute('aria-current', String(slug === current));
      button.setAttribute('aria-busy', String(slug === asking && slug !== current));
      const online = present.get(slug ?? '');
      setText(/** @type {Node} */ (button.children[1]), online === undefined ? '' : this.#words.present(online));
    }
  }

  #create() {
    const button = make('button', '', make('span', 'guild-name'), make('span', 'present'));
    button.type = 'button';
    button.addEventListener('click', () => this.#pick(button.dataset.slug ?? ''));
    return make('li', '', button);
  }

  /** @param {HTMLElement} row @param {Guild} guild */
  #update(row, guild) {
    const button = /** @type {HTMLButtonElement} */ (row.firstElementChild);
    button.dataset.slug = guild.slug;
    setText(/** @type {Node} */ (button.firstElementChild), guild.name);
    button.querySelector('.icon')?.remove();
    if (guild.locked) button.append(icon('lock', this.#words.protected));
  }
}
