/**
 * The members of a room.
 *
 * @typedef {'online' | 'idle' | 'dnd' | 'offline'} Status
 * @typedef {{channelId: string, channel: string, muted: boolean, deafened: boolean, streaming: boolean, speaker: boolean,
 *   line: string}} Voice `speaker`: on a stage, and not only among its audience; `line`: what people put over the channel
 * @typedef {{uid: string, name: string, fold: string, status: Status, color: string | null, color2: string | null, bot: boolean,
 *   voice: Voice | null, activity: string, line: string, reaction: string,
 *   fresh: boolean}} Member
 *   `color2`: what the colour runs into, in a gradient; `line`: what they say over their head; `fresh`: here
 *   for less than a day
 */

/** @type {Status[]} */
export const STATUSES = ['online', 'idle', 'dnd', 'offline'];

/** @type {Record<Status, number>} */
export const RANK = { online: 0, idle: 1, dnd: 2, offline: 3 };

/**
 * A name as it is compared and searched: no case, no accents.
 *
 * @param {string} name
 */
export function fold(name) {
  return name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

/** @returns {Record<Status, number>} */
export const nobody = () => ({ online: 0, idle: 0, dnd: 0, offline: 0 });

export class People {
  /** @type {Map<string, Member>} */
  #byUid = new Map();
  totals = nobody();
  /** How many there are of each colour, by status. @type {Map<string, number[]>} */
  colors = new Map();
  /** Grows with every change, so that a reader knows what it has seen. */
  revision = 0;

  get size() {
    return this.#byUid.size;
  }

  /** How many are anything but offline. */
  get present() {
    return this.size - this.totals.offline;
  }

  /** @param {string} uid */
  get(uid) {
    return this.#byUid.get(uid);
  }

  /** Everybody, in no order to rely on. */
  all() {
    return this.#byUid.values();
  }

  /** @param {Iterable<Member>} members */
  replace(members) {
    this.#byUid.clear();
    this.totals = nobody();
    this.colors.clear();
    for (const member of members) this.set(member);
    this.revision += 1;
  }

  /** @param {Member} member */
  set(member) {
    const before = this.get(member.uid);
    if (before) this.#count(before, -1);
    this.#count(member, 1);
    this.#byUid.set(member.uid, member);
    this.revision += 1;
  }

  /** @param {string} uid */
  delete(uid) {
    const before = this.get(uid);
    if (!before) return;
    this.#count(before, -1);
    this.#byUid.delete(uid);
    this.revision += 1;
  }

  /** @param {Member} member @param {number} by */
  #count({ status, color }, by) {
    this.totals[status] += by;
    const counts = this.colors.get(color ?? '') ?? [0, 0, 0, 0];
    counts[RANK[status]] += by;
    this.colors.set(color ?? '', counts);
  }
}
