/**
 * Who is here: in groups by status, searchable, and never more rows than a browser likes.
 *
 * @typedef {import('../words.js').AllWords} AllWords
 * @typedef {import('../guild/people.js').People} People
 * @typedef {import('../guild/people.js').Member} Member
 * @typedef {import('../guild/people.js').Status} Status
 */

import { byId, icon, make, setText } from './dom.js';
import { STATUSES } from '../guild/people.js';
import { Roster } from '../guild/roster.js';

const ROWS = 200;
const ASK_MS = 300; // after the last letter, somebody is looked for at the bridge
const SHORTEST = 2; // letters of them
const NAMED = 12; // of those found, in the world

export class MemberList {
  #words;
  #later;
  #search = /** @type {HTMLInputElement} */ (byId('search'));
  /** @type {Record<string, {section: HTMLElement, title: HTMLElement, list: import('./list.js').KeyedList<Member>}>} */
  #groups;
  #seen = '';
  /** @type {Roster | null} */
  #roster = null;
  #limit = ROWS;
  // Who is found, as long as somebody is looked for.
  /** @type {string[]} */
  #found = [];
  /** @type {number | undefined} */
  #asking;

  /**
   * @param {import('./later.js').Later} later
   * @param {AllWords} words
   * @param {() => void} searched called when somebody else is looked for
   * @param {(uid: string) => void} visit
   * @param {(text: string) => void} ask looks for somebody who isn't listed
   */
  constructor(later, words, searched, visit, ask) {
    this.#later = later;
    this.#words = words;
    this.#search.placeholder = words.search;
    this.#search.addEventListener('input', searched);
    this.#search.addEventListener('input', () => {
      clearTimeout(this.#asking);
      const text = this.#search.value.trim();
      if (text.length >= SHORTEST) this.#asking = setTimeout(() => ask(text), ASK_MS);
    });
    this.#search.addEventListener('keydown', ({ key }) => {
      const [first] = this.#found;
      if (key === 'Enter' && first) visit(first);
    });
    this.#search.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !this.#search.value) return;
      event.stopPropagation(); // the next one closes the list
      this.#search.value = '';
      searched();
    });
    byId('more').addEventListener('click', () => {
      this.#limit += ROWS;
      searched();
    });
    byId('groups').addEventListener('click', ({ target }) => {
      const { uid } = /** @type {Element} */ (target).closest('button')?.dataset ?? {};
      if (uid) visit(uid);
    });
    later.roam(byId('groups'));
    this.#groups = Object.fromEntries(STATUSES.map((status) => [status, this.#group(status)]));
  }

  get found() {
    return this.#found;
  }

  /** @param {People} people @param {number[]} [all] how many there are, by status, where not all are listed */
  show(people, all) {
    const query = this.#search.value;
    const seen = `${people.revision} ${this.#limit} ${query} ${all}`;
    if (seen === this.#seen) return;
    this.#seen = seen;
    const { rows, total, totals } = (this.#roster ??= new Roster(people)).find(query, this.#limit);
    const isAll = !query.trim();
    const focused = byId('groups').contains(document.activeElement) ? document.activeElement : null;
    const { uid } = focused instanceof HTMLElement ? focused.dataset : {};
    this.#found = query.trim() ? rows.slice(0, NAMED).map(({ uid }) => uid) : [];
    for (const [rank, status] of STATUSES.entries()) {
      const { section, title, list } = this.#groups[status];
      list.show(rows.filter((member) => member.status === status));
      const count = (isAll && all?.[rank]) || totals[status];
      setText(title, `${this.#words.status[status]} · ${this.#words.number(count)}`);
      section.hidden = !rows.some((member) => member.status === status);
    }
    if (uid && document.activeElement !== focused) this.#focus(uid); // their row has moved, or they are gone
    this.#later.stopAt(byId('groups'));
    const others = Math.max(0, (all ?? []).reduce((sum, count) => sum + count, 0) - people.size);
    setText(byId('rest'), !isAll ? this.#summary(total) : others ? this.#words.others(others) : '');
    const left = total - rows.length;
    const more = byId('more');
    if (!left && more === document.activeElement) this.#search.focus();
    more.hidden = !left;
    setText(more, this.#words.more(left));
  }

  /** @param {string} uid */
  #focus(uid) {
    const button = byId('groups').querySelector(`[data-uid="${CSS.escape(uid)}"]`);
    (button instanceof HTMLElement ? button : this.#search).focus({ preventScroll: true });
  }

  /** @param {number} total */
  #summary(total) {
    return total ? this.#words.found(total) : this.#words.noMatch;
  }

  /** @param {Status} status */
  #group(status) {
    const title = make('h3');
    title.id = `group-${status}`;
    const rows = make('ul');
    rows.setAttribute('aria-labelledby', title.id);
    const section = make('section', '', title, rows);
    byId('groups').append(section);
    const list = new this.#later.KeyedList(rows, (member) => member.uid, () => createRow(this.#later.person()), (...change) => this.#update(...change));
    return { section, title, list };
  }

  /** @param {HTMLElement} row @param {Member} member @param {Member} [before] */
  #update(row, member, before) {
    const button = /** @type {HTMLButtonElement} */ (row.firstElementChild);
    const [figure, who, doing] = button.children;
    button.dataset.uid = member.uid;
    const [name, tag, reaction] = who.children;
    row.dataset.status = member.status;
    this.#later.tint(row, member);
    this.#later.pose(figure, member, before, this.#words.status[member.status]);
    setText(name, member.name);
    setText(tag, [member.bot && this.#words.bot, member.fresh && this.#words.fresh].filter(Boolean).join(' · '));
    setText(reaction, member.reaction);
    if (member.voice === before?.voice && member.activity === before?.activity && member.line === before?.line) return;
    doing.replaceChildren(...this.#doing(member));
  }

  /** @param {Member} member */
  #doing({ voice, activity, line }) {
    const words = this.#words;
    const parts = [];
    if (voice) {
      parts.push(icon('voice'), make('span', 'channel', voice.channel));
      if (voice.line) parts.push(make('span', 'activity', voice.line));
      if (voice.speaker) parts.push(make('span', 'activity', words.speaker));
      if (voice.streaming) parts.push(icon('streaming', words.streaming));
      if (voice.deafened) parts.push(icon('deafened', words.deafened));
      else if (voice.muted) parts.push(icon('muted', words.muted));
    }
    if (activity) parts.push(make('span', 'activity', activity));
    if (line) parts.push(make('span', 'line', line));
    return parts;
  }
}

/** @param {HTMLElement} figure */
function createRow(figure) {
  const who = make('span', 'who', make('span', 'name'), make('span', 'tag'), make('span', 'reaction'));
  const button = make('button', '', figure, who, make('span', 'doing'));
  button.type = 'button';
  button.tabIndex = -1; // arrows lead to it
  return make('li', 'member', button);
}
