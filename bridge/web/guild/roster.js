/**
 * The members of a room in the order they are listed: by status, then by name.
 *
 * @typedef {import('./people.js').Member} Member
 * @typedef {import('./people.js').People} People
 * @typedef {import('./people.js').Status} Status
 * @typedef {{rows: Member[], total: number, totals: Record<Status, number>}} Found
 */

import { RANK, fold, nobody } from './people.js';

/**
 * @param {Member} a
 * @param {Member} b
 */
function byRank(a, b) {
  if (a.status !== b.status) return RANK[a.status] - RANK[b.status];
  if (a.fold !== b.fold) return a.fold < b.fold ? -1 : 1;
  return a.uid < b.uid ? -1 : Number(a.uid > b.uid);
}

export class Roster {
  #people;
  /** In order as of the last look. @type {Member[]} */
  #order = [];
  #revision = -1;

  /** @param {People} people */
  constructor(people) {
    this.#people = people;
  }

  /**
   * The first `limit` members whose name contains `query`, and how many there are in all.
   *
   * @param {string} query
   * @param {number} limit
   * @returns {Found}
   */
  find(query, limit) {
    const order = this.#sorted();
    const wanted = fold(query.trim());
    if (!wanted) return { rows: order.slice(0, limit), total: order.length, totals: this.#people.totals };
    const found = order.filter((member) => member.fold.includes(wanted));
    const totals = nobody();
    for (const { status } of found) totals[status] += 1;
    return { rows: found.slice(0, limit), total: found.length, totals };
  }

  /** Sorted once for however many changes, and quickly, as nearly all stand in order already. */
  #sorted() {
    const people = this.#people;
    if (this.#revision === people.revision) return this.#order;
    this.#revision = people.revision;
    const kept = this.#order.flatMap(({ uid }) => people.get(uid) ?? []);
    const known = new Set(kept.map(({ uid }) => uid));
    this.#order = [...kept, ...[...people.all()].filter(({ uid }) => !known.has(uid))].sort(byRank);
    return this.#order;
  }
}
