/**
 * The conversation with the bridge: which guild is asked for, resumed, entered or refused.
 *
 * @typedef {import('./net.js').Frame} Frame
 * @typedef {import('./net.js').LinkState} LinkState
 * @typedef {{code: string, text?: string, slug: string | null, tried?: boolean}} Refusal
 *   `text`: for a code that the page doesn't know; `slug`: what was asked for, null: the bridge's default; `tried`: a password was given
 * @typedef {{text: string, at: number, seconds: number}} Notified what is said (empty: nothing any more), since when, how long
 * @typedef {{changed(): void, heard(events: number): void, joined(slug: string): void,
 *   refused(refusal: Refusal): void, announced(said: Notified): void, balked(code: string): void, large(): void}} Watcher
 *   `balked`: one's own figure doesn't do what was asked for; `large`: what has come waits for `furnish`
 */

import { Line } from './net.js';
import { label, record, text } from './parse.js';

const EVENTS = ['typing', 'voice', 'reaction', 'edit', 'activity', 'servers', 'notice', 'gesture', 'happening'];
const UNKNOWN = 'Unknown event type'; // what bridges without codes say
const LISTED = 1_500; // members that are listed: more than can be out of doors, and 90 KB
const AGAIN_MS = 20_000; // between two questions for a guild that is to come: not all of them are announced

/** @param {Record<string, unknown>} said @returns {Notified} */
const notified = ({ text: words, at, seconds }) => ({
  text: text(words),
  at: typeof at === 'number' ? at : 0,
  seconds: typeof seconds === 'number' ? Math.min(seconds, 86_400) : 600,
});

export class Conversation {
  #replica;
  #watcher;
  #line;
  #insists;
  // The guild to ask for when a connection opens; null leaves it to the bridge.
  /** @type {string | null} */
  #wish;
  // How far the replica has followed its room.
  /** @type {string | undefined} */
  #cursor;
  // What was asked for and will come, as the bridge says; null if nothing is.
  /** @type {string | null} */
  #awaited = null;
  /** @type {number | undefined} */
  #timer;
  // What was asked for and not answered yet.
  /** @type {{slug: string | null, password?: string} | null} */
  #asked = null;
  /** In a room on this very connection. */
  #seated = false;
  /** When what the replica holds was last known to be true; 0 while it is. */
  lostAt = 0;
  // Passwords that opened a guild, kept while the page lives.
  /** @type {Map<string, string>} */
  #passwords = new Map();

  /**
   * @param {string} url
   * @param {string | null} wish
   * @param {import('./replica.js').Replica} replica
   * @param {Watcher} watcher
   * @param {boolean} insists whether no other guild will do
   */
  constructor(url, wish, replica, watcher, insists) {
    this.#replica = replica;
    this.#watcher = watcher;
    this.#wish = wish;
    this.#insists = insists;
    this.#line = new Line(url, {
      opened: () => this.#opened(),
      frame: (frame) => this.#read(frame),
      changed: (state) => this.#changed(state),
      large: () => watcher.large(),
    });
  }

  /** @returns {LinkState} */
  get link() {
    return this.#line.state;
  }

  /** The guild whose door is being knocked at. */
  get asking() {
    return this.#asked?.slug ?? null;
  }

  start() {
    this.#line.open();
  }

  /** @param {Parameters<Line['furnish']>[0]} parts */
  furnish(parts) {
    this.#line.furnish(parts);
    if (this.#replica.isBehind) this.#line.send({ type: 'get_user_data', serverId: this.#replica.room?.id });
  }

  hurry() {
    this.#line.hurry();
  }

  /** The network has changed under us, or time has passed: a live line may be dead without knowing, a lost one may come back. */
  doubt() {
    this.#line.doubt();
  }

  /**
   * @param {string | null} slug
   * @param {string} [password]
   */
  ask(slug, password) {
    this.stay();
    this.#ask(slug, password);
  }

  /** Looks for somebody in a crowd, by name or id. @param {string} text @returns {boolean} whether that can be */
  find(text) {
    const canAsk = this.#seated && this.#replica.census.isTaken;
    if (canAsk) this.#line.send({ type: 'find', data: { text } });
    return canAsk;
  }

  /** Has one's own figure do something. @param {string} gesture */
  gesture(gesture) {
    if (this.#seated) this.#line.send({ type: 'gesture', data: { gesture } });
  }

  /** Nothing else is waited for any more. */
  stay() {
    this.#await(null);
  }

  /**
   * @param {string | null} slug
   * @param {string} [password]
   */
  #ask(slug, password) {
    this.#asked = { slug, password: password ?? this.#passwords.get(slug ?? '') };
    if (this.#line.state.phase === 'waiting') {
      this.#wish = slug;
      this.#line.open();
    } else {
      this.#connect(this.#asked);
    }
    this.#watcher.changed();
  }

  #opened() {
    this.#seated = false;
    this.#asked ??= { slug: this.#wish, password: this.#passwords.get(this.#wish ?? '') };
    this.#connect(this.#asked);
  }

  /** @param {{slug: string | null, password?: string}} wanted */
  #connect({ slug, password }) {
    const resumable = !this.#seated && slug !== null && slug === this.#replica.room?.slug;
    this.#line.send({
      type: 'connect',
      data: { server: slug, password, batch: true, events: EVENTS, crowd: LISTED, recent: true, cursor: resumable ? this.#cursor : undefined },
    });
  }

  /** @param {LinkState} state */
  #changed(state) {
    if (state.phase !== 'live' && this.#replica.room) this.lostAt ||= Date.now();
    if (state.phase === 'waiting') {
      this.#seated = false;
      this.#asked = null;
      if (state.why === 'refused') this.#forget();
    }
    this.#watcher.changed();
  }

  /** What may no longer be shown is not kept; the next question is for the default guild, if that will do. */
  #forget() {
    if (!this.#insists) this.#wish = null;
    this.#cursor = undefined;
    this.lostAt = 0;
    this.#replica.leave();
  }

  /** @param {Frame} frame @returns {Generator<void, void>} */
  *#read(frame) {
    const events = frame.type === 'batch' ? [frame.events ?? []].flat().map(record) : [frame];
    for (const event of events) {
      yield* this.#take(/** @type {Frame} */ (event));
      yield;
    }
    this.#watcher.heard(events.length);
    if (typeof frame.cursor === 'string') this.#cursor = frame.cursor;
    this.#watcher.changed();
  }

  /** @param {Frame} frame @returns {Generator<void, void>} */
  *#take(frame) {
    if (frame.type === 'error') this.#refused(record(frame.data));
    else if (frame.type === 'beat') return;
    else if (frame.type === 'notice') this.#watcher.announced(notified(record(frame.data)));
    else if (frame.type === 'refresh_data') this.#line.send({ type: 'get_user_data', serverId: frame.serverId });
    else yield* this.#replica.take(frame, Date.now());
    if (frame.type === 'server-join') this.#joined(record(frame.data));
    if (frame.type !== 'servers') return;
    this.#follow(this.#replica.room?.slug);
    if (this.#replica.guilds.some(({ slug }) => slug === this.#awaited)) this.#askAgain();
  }

  /** @param {Record<string, any>} data */
  #joined({ request, cursor }) {
    const slug = label(record(request).server);
    if (this.#asked?.password && this.#asked.slug) this.#passwords.set(this.#asked.slug, this.#asked.password);
    this.#asked = null;
    this.#seated = true;
    this.lostAt = 0;
    this.#wish = slug || null;
    this.#cursor = text(cursor) || undefined;
    this.#line.settle();
    this.#watcher.joined(slug);
  }

  /** The guild may have another slug now. @param {string | undefined} slug */
  #follow(slug) {
    if (!this.#seated || !slug || slug === this.#wish) return;
    this.#wish = slug;
    this.#watcher.joined(slug);
  }

  /** @param {Record<string, any>} error */
  #refused(error) {
    const code = label(error.code);
    if (code.startsWith('gesture-')) return this.#watcher.balked(code);
    if (code === 'busy') return; // no refusal: what was asked for comes in a moment
    if (code === 'unknown-type' || text(error.message) === UNKNOWN) return; // a beat: an older bridge lives as well
    const { slug, password } = this.#asked ?? { slug: this.#replica.room?.slug ?? null, password: '' };
    this.#asked = null;
    const comes = slug !== null && code === 'not-there-yet';
    const isSaid = comes && slug === this.#awaited;
    if (comes) this.#await(slug);
    else if (slug === this.#awaited) this.#await(null);
    if (!isSaid) this.#watcher.refused({ code, text: text(error.message), slug, tried: Boolean(password) });
    if (slug === null || this.#seated || this.#insists) return;
    this.#ask(null); // the default guild is better than an empty page
  }

  /** Waits for a guild, and asks for it from time to time. @param {string | null} slug */
  #await(slug) {
    this.#awaited = slug;
    clearInterval(this.#timer);
    if (slug !== null) this.#timer = setInterval(() => this.#askAgain(), AGAIN_MS);
  }

  #askAgain() {
    if (this.#asked === null && this.#line.state.phase !== 'waiting') this.#ask(this.#awaited);
  }
}
