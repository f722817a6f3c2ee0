/**
 * What goes on beside words. Knows no clock: times are handed in, in milliseconds.
 *
 * @typedef {{id: string, kind: string, uid: string, placeId: string, channel: string, text: string, location: string, until: number}} Happening
 *   a `boost`, a new `thread`, an open `poll` or an `event` that is on; `channel` is what its place is called
 */

import { label, number } from './parse.js';

const MOST_HAPPENINGS = 200;
/** For how long each kind is to be seen, if it isn't over before. @type {Record<string, number>} */
const SEEN_MS = { boost: 60_000, thread: 180_000, poll: Infinity, event: Infinity };

export class Happenings {
  /** @type {Map<string, Happening>} */
  #known = new Map();
  /** Until when each is to be seen, by id. @type {Map<string, number>} */
  ends = new Map();

  /** @returns {Iterable<Happening>} */
  all() {
    return this.#known.values();
  }

  /** @param {any} data @param {number} now @param {Map<string, {name: string}>} channels @returns {Happening | null} null: it is nothing to be seen */
  begin(data, now, channels) {
    const id = label(data.id);
    const kind = label(data.kind);
    const seen = Object.hasOwn(SEEN_MS, kind) ? SEEN_MS[kind] : 0;
    const until = number(data.until) > 0 ? data.until * 1000 : now + seen;
    if (!id || !seen || until <= now || (this.#known.size >= MOST_HAPPENINGS && !this.#known.has(id))) return null;
    const channelId = label(data.channel);
    const placeId = channels.has(channelId) ? channelId : label(data.parent) || channelId;
    const channel = channels.get(placeId)?.name ?? '';
    const happening = { id, kind, uid: label(data.uid), placeId, channel, text: label(data.text), location: label(data.location), until };
    this.#known.set(id, happening);
    this.ends.set(id, until);
    return happening;
  }

  /** @param {string} id @returns {boolean} whether it was to be seen until now */
  end(id) {
    this.ends.delete(id);
    return this.#known.delete(id);
  }

  clear() {
    this.#known.clear();
    this.ends.clear();
  }
}
