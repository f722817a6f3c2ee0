/**
 * What goes on beside words, and its place in the feed. Knows no clock: times are handed in, in milliseconds.
 *
 * @typedef {import('./replica.js').Replica} Replica
 * @typedef {{id: string, kind: string, uid: string, placeId: string, channel: string, text: string, location: string, until: number}} Happening
 *   a `boost`, a new `thread`, an open `poll` or an `event` that is on; `channel` is what its place is called
 */

import { label, number, record } from './parse.js';

export const FEED_LENGTH = 50;
const MOST_HAPPENINGS = 200;
/** For how long each kind is to be seen, if it isn't over before. @type {Record<string, number>} */
const SEEN_MS = { boost: 60_000, thread: 180_000, poll: Infinity, event: Infinity };

/** A post in a forum has the id of its first message, and so has a poll in that. @param {Record<string, any>} data */
const keyOf = ({ kind, id }) => `${label(kind)} ${label(id)}`;

/**
 * Takes out of a list what has ended by now.
 *
 * @param {Map<string, number>} list until when, by uid
 * @param {number} now
 * @param {(uid: string) => void} end
 * @returns {number} when the next one ends; Infinity without one
 */
export function ended(list, now, end) {
  let next = Infinity;
  for (const [uid, until] of list) {
    if (until > now) {
      next = Math.min(next, until);
      continue;
    }
    list.delete(uid);
    end(uid);
  }
  return next;
}

export class Happenings {
  #replica;
  /** By its key. @type {Map<string, Happening>} */
  #known = new Map();
  /** Until when each is to be seen. @type {Map<string, number>} */
  #ends = new Map();

  /** @param {Replica} replica */
  constructor(replica) {
    this.#replica = replica;
  }

  /** @returns {Iterable<Happening>} */
  all() {
    return this.#known.values();
  }

  /** All that goes on in a room. @param {unknown} told @param {number} now */
  enter(told, now) {
    this.clear();
    const begun = [told ?? []].flat().slice(0, MOST_HAPPENINGS).map((one) => this.#begin(record(one), now));
    for (const happening of begun) if (happening) this.#mention(happening, now);
    if (this.#known.size) this.#replica.witness.happened?.(null);
  }

  /** Something happens, or is over. @param {any} data @param {number} now */
  take(data, now) {
    if (data.over !== true) {
      const happening = this.#begin(data, now);
      if (happening) this.#replica.witness.happened?.(happening);
      if (happening && happening.kind !== 'poll') this.#mention(happening, now); // that is a message as well
      return;
    }
    const key = keyOf(data);
    const replica = this.#replica;
    if (data.gone === true) replica.feed = replica.feed.filter((entry) => !('happening' in entry && keyOf(entry.happening) === key));
    this.#end(key);
  }

  /** Ends what fades by itself. @param {number} now @returns {number} when the next one does */
  fade(now) {
    return ended(this.#ends, now, (key) => this.#end(key));
  }

  clear() {
    this.#known.clear();
    this.#ends.clear();
  }

  /** @param {any} data @param {number} now @returns {Happening | null} null: it is nothing to be seen */
  #begin(data, now) {
    const { channels } = this.#replica;
    const id = label(data.id);
    const kind = label(data.kind);
    const key = keyOf(data);
    const seen = Object.hasOwn(SEEN_MS, kind) ? SEEN_MS[kind] : 0;
    const until = number(data.until) > 0 ? data.until * 1000 : now + seen;
    if (!id || !seen || until <= now || (this.#known.size >= MOST_HAPPENINGS && !this.#known.has(key))) return null;
    const channelId = label(data.channel);
    const placeId = channels.has(channelId) ? channelId : label(data.parent) || channelId;
    const channel = channels.get(placeId)?.name ?? '';
    const happening = { id, kind, uid: label(data.uid), placeId, channel, text: label(data.text), location: label(data.location), until };
    this.#known.set(key, happening);
    this.#ends.set(key, until);
    return happening;
  }

  /** @param {string} key */
  #end(key) {
    this.#ends.delete(key);
    if (this.#known.delete(key)) this.#replica.witness.happened?.(null);
  }

  /** Writes it into the feed: before what was said after it. @param {Happening} happening @param {number} now */
  #mention(happening, now) {
    const { feed, people } = this.#replica;
    const note = { key: this.#replica.nextKey(), happening, author: people.get(happening.uid)?.name ?? '', at: now };
    const before = feed.findIndex((entry) => 'happening' in entry && keyOf(entry.happening) === keyOf(happening));
    const after = feed.findLastIndex((entry) => 'gap' in entry || entry.at <= now) + 1;
    this.#replica.feed = before < 0 ? feed.toSpliced(after, 0, note).slice(-FEED_LENGTH) : feed.with(before, note);
  }
}
