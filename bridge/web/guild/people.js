/**
 * The members of a room, kept in the order they are shown: by status, then by name.
 *
 * @typedef {'online' | 'idle' | 'dnd' | 'offline'} Status
 * @typedef {{channelId: string, channel: string, muted: boolean, deafened: boolean, streaming: boolean, speaker: boolean,
 *   line: string}} Voice `speaker`: on a stage, and not only among its audience; `line`: what people put over the channel
 * @typedef {{uid: string, name: string, fold: string, status: Status, color: string | null, color2: string | null, bot: boolean,
 *   voice: Voice | null, activity: string, line: string, reaction: string,
 *   fresh: boolean}} Member
 *   `color2`: what the colour runs into, in a gradient; `line`: what they say over their head; `fresh`: here
 *   for less than a day
 * @typedef {{rows: Member[], total: number, totals: Record<Status, number>}} Found
 */

import { through } from '../world/slices.js';

const COUNTED_AT_ONCE = 512; // members

/** @type {Status[]} */
export const STATUSES = ['online', 'idle', 'dnd', 'offline'];

/** @type {Record<Status, number>} */
const RANK = { online: 0, idle: 1, dnd: 2, offline: 3 };

/**
 * A name as it is compared and searched: no case, no accents.
 *
 * @param {string} name
 */
export function fold(name) {
  return name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

/**
 * @param {Member} a
 * @param {Member} b
 */
function compare(a, b) {
  if (a.status !== b.status) return RANK[a.status] - RANK[b.status];
  if (a.fold !== b.fold) return a.fold < b.fold ? -1 : 1;
  return a.uid < b.uid ? -1 : Number(a.uid > b.uid);
}

/** @returns {Record<Status, number>} */
const nobody = () => ({ online: 0, idle: 0, dnd: 0, offline: 0 });

export class People {
  // In order as of the last look: what changed since keeps its place, newcomers stand at the end.
  /** @type {Map<string, Member>} */
  #byUid = new Map();
  // The order itself; null when a change has outdated it.
  /** @type {Member[] | null} */
  #order = [];
  #totals = nobody();
  /** How many there are of each colour, by status. @type {Map<string, number[]>} */
  colors = new Map();
  /** Grows with every change, so that a reader knows what it has seen. */
  revision = 0;

  get size() {
    return this.#byUid.size;
  }

  /** How many are anything but offline. */
  get present() {
    return this.size - this.#totals.offline;
  }

  /** @param {string} uid */
  get(uid) {
    return this.#byUid.get(uid);
  }

  /** Everybody, in no order to rely on. */
  all() {
    return this.#byUid.values();
  }

  clear() {
    this.#byUid.clear();
    this.#totals = nobody();
    this.colors.clear();
    this.#changed();
  }

  /** There are others, in slices: until all of them are counted, everybody is as before. @param {Member[]} members @returns {Generator<void, void>} */
  *replace(members) {
    const next = new People();
    yield* through(members.length, (i) => next.set(members[i]), COUNTED_AT_ONCE);
    this.#byUid = next.#byUid;
    this.#totals = next.#totals;
    this.colors = next.colors;
    this.#changed();
  }

  /** @param {Member} member */
  set(member) {
    const before = this.get(member.uid);
    if (before) this.#count(before, -1);
    this.#count(member, 1);
    this.#byUid.set(member.uid, member);
    this.#changed();
  }

  /** @param {string} uid */
  delete(uid) {
    const before = this.get(uid);
    if (!before) return;
    this.#count(before, -1);
    this.#byUid.delete(uid);
    this.#changed();
  }

  /** @param {Member} member @param {number} by */
  #count({ status, color }, by) {
    this.#totals[status] += by;
    const counts = this.colors.get(color ?? '') ?? [0, 0, 0, 0];
    counts[RANK[status]] += by;
    this.colors.set(color ?? '', counts);
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
    if (!wanted) return { rows: order.slice(0, limit), total: this.size, totals: this.#totals };
    const found = order.filter((member) => member.fold.includes(wanted));
    const totals = nobody();
    for (const { status } of found) totals[status] += 1;
    return { rows: found.slice(0, limit), total: found.length, totals };
  }

  #changed() {
    this.#order = null;
    this.revision += 1;
  }

  /** Sorted once for however many changes, and quickly, as nearly all stand in order already. */
  #sorted() {
    if (!this.#order) {
      this.#order = [...this.#byUid.values()].sort(compare);
      this.#byUid = new Map(this.#order.map((member) => [member.uid, member]));
    }
    return this.#order;
  }
}
