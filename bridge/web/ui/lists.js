/**
 * The lists that somebody opens: which guilds there are, and who is here.
 *
 * @typedef {import('../guild/replica.js').Replica} Replica
 * @typedef {{
 *   refresh(): void, pick(slug: string): void, visit(uid: string): void, seek(uids: string[]): void, find(text: string): unknown, retell(): unknown, isOwn: boolean,
 * }} Wishes
 */

import { byId } from './dom.js';
import { ask } from '../guild/net.js';
import { GuildList } from './guilds.js';
import { MemberList } from './members.js';

const MEMBERS_MS = 200; // between two looks at a list that may change with each frame

export class Lists {
  #replica;
  #wishes;
  #guilds;
  #members;
  #own = '';
  /** For whom the bridge was asked where, without an answer. */
  #missed = '';
  #listedAt = 0;
  /** @type {number | undefined} */
  #listing;
  /** How many are online in each guild, as far as it is known. @type {Map<string, number>} */
  #present = new Map();

  /**
   * @param {import('./later.js').Later} later
   * @param {import('../words.js').AllWords} words
   * @param {Replica} replica
   * @param {Wishes} wishes
   */
  constructor(later, words, replica, wishes) {
    this.#replica = replica;
    this.#wishes = wishes;
    this.#guilds = new GuildList(later, words, wishes.pick);
    this.#members = new MemberList(later, words, wishes.refresh, wishes.visit, wishes.find);
    byId('find-me').addEventListener('click', () => wishes.visit(this.#own));
    if (!wishes.isOwn) return;
    if (byId('servers').matches(':popover-open')) this.#count();
    byId('servers').addEventListener('beforetoggle', ({ newState }) => {
      if (newState === 'open') this.#count();
    });
  }

  /**
   * @param {string | null} asking slug of the guild whose door is being knocked at
   * @param {boolean} isOpen whether the members are to be seen: that list is long
   * @param {string} own the uid of who is watching
   */
  show(asking, isOpen, own) {
    const { room, guilds, counts, people } = this.#replica;
    this.#own = own;
    if (room) this.#present.set(room.slug, counts.online);
    this.#wishes.retell();
    this.#guilds.show(guilds, room?.slug ?? null, asking, this.#present);
    if (!isOpen) return;
    this.#listMembers();
    this.#lookForMe(people.get(own) !== undefined);
  }

  /** Offers the way to who is watching, if they are there: in a crowd that has to be asked, once. @param {boolean} isListed */
  #lookForMe(isListed) {
    const me = this.#own;
    byId('find-me').hidden = !isListed;
    const missed = isListed ? '' : `${this.#replica.room?.id} ${me}`;
    if (isListed || !me) this.#missed = '';
    else if (missed !== this.#missed && this.#wishes.find(me)) this.#missed = missed;
  }

  #listMembers() {
    clearTimeout(this.#listing);
    const wait = this.#listedAt + MEMBERS_MS - performance.now();
    if (wait > 0) {
      this.#listing = setTimeout(this.#wishes.refresh, wait);
      return;
    }
    this.#listedAt = performance.now();
    const before = this.#members.found;
    const { people, census } = this.#replica;
    this.#members.show(people, census.isTaken ? census.totals : undefined);
    if (this.#members.found !== before) this.#wishes.seek(this.#members.found);
  }

  /** Asks how many are in the guilds that can be picked. */
  async #count() {
    const counts = await ask('api/counts');
    for (const { key, slug } of this.#replica.guilds) {
      const online = counts?.[key]?.online;
      if (typeof online === 'number') this.#present.set(slug, online);
    }
    this.#wishes.refresh();
  }
}
