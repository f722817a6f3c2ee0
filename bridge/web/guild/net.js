/**
 * One WebSocket that stays: it opens, hands in frames, and comes back by itself.
 *
 * @typedef {'lost' | 'full' | 'refused'} Why
 * @typedef {{phase: 'connecting'} | {phase: 'live'} | {phase: 'waiting', why: Why, retryAt: number}} LinkState
 * @typedef {{type: string, cursor?: string, events?: unknown[], data?: any, [field: string]: any}} Frame
 * @typedef {{opened(): void, frame(frame: Frame): Iterable<void>, changed(state: LinkState): void, large(): void}} Listener
 *   `large`: called when something waits for what takes large frames apart
 */

import { AWAITING, pursue } from '../world/slices.js';

const READ_MS = 12; // at a time
const BREATH_MS = 6;
const READ_HIDDEN_MS = 500; // where nobody waits for a frame, but the browser seldom lets a page go on
const MOST_UNREAD = 40_000_000; // characters: ten times the largest guild; nobody reads what sends more
const PARSED_AT_ONCE = 2_000_000; // characters, which take no longer than that, until there is what takes more apart
const READ_AWAY = 1_000; // what is read is thrown away, so many at a time
const PATIENCE_MS = 15_000; // a connection without a room after this long is given up
const STEADY_MS = 10_000; // live for this long: earlier failures are forgotten

// The first and the longest pause before the next try, in milliseconds.
/** @type {Record<Why, [number, number]>} */
const PAUSES = {
  lost: [1_000, 15_000],
  full: [5_000, 60_000],
  refused: [60_000, 600_000],
};

/**
 * Milliseconds to wait: doubling, and random in its second half, so that a crowd doesn't return at once.
 *
 * @param {Why} why
 * @param {number} failures how many tries in a row have failed already
 */
export function pauseBefore(why, failures, random = Math.random) {
  const [first, longest] = PAUSES[why];
  const whole = Math.min(longest, first * 2 ** failures);
  return whole / 2 + (random() * whole) / 2;
}

/**
 * What a close code means for coming back. "Try later" (1013) is a full house only to who was not in yet.
 *
 * @param {number} code
 * @param {boolean} wasLive
 * @returns {Why}
 */
export function meaningOf(code, wasLive) {
  if (code === 1008) return 'refused';
  return code === 1013 && !wasLive ? 'full' : 'lost';
}

/**
 * Where the bridge listens: beside the page, or where `?socketURL=` says.
 *
 * @param {Location | URL} page
 */
export function socketUrl(page) {
  const given = new URLSearchParams(page.search).get('socketURL');
  if (given) return given;
  const folder = page.pathname.replace(/[^/]*$/, '');
  return `${page.protocol === 'https:' ? 'wss:' : 'ws:'}//${page.host}${folder}`;
}

/**
 * Whether the bridge is the one that served the page: a link may name any other, which is nobody's business
 * to be told a password.
 *
 * @param {string} url
 * @param {Location | URL} page
 */
export function isOwnBridge(url, page) {
  return URL.canParse(url, page.href) && new URL(url, page.href).host === page.host;
}

/**
 * What the page's own bridge says; null if it doesn't.
 *
 * @param {string} path
 * @returns {Promise<any>}
 */
export async function ask(path) {
  try {
    const answer = await fetch(path);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

export class Line {
  #url;
  #listener;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {LinkState} */
  #state = { phase: 'connecting' };
  // Tries in a row that ended so; each kind of ending has a schedule of its own.
  #failures = { lost: 0, full: 0, refused: 0 };
  /** @type {number | undefined} */
  #timer;
  /** What came in and is not read yet: texts, and with which code the connection ended. @type {(string | number)[]} */
  #inbox = [];
  #at = 0;
  #unread = 0;
  /** Milliseconds of reading since it rested. */
  #busy = 0;
  #isResting = false;
  /** @type {Generator<boolean | void, void> | null} */
  #reading = null;
  /** Takes large frames apart, once that is there. @type {typeof import('./frames.js').parsed | null} */
  #parsed = null;
  /** Watches over the line, once that is there. @type {import('./pulse.js').Pulse | null} */
  #pulse = null;

  /**
   * @param {string} url
   * @param {Listener} listener
   */
  constructor(url, listener) {
    this.#url = url;
    this.#listener = listener;
  }

  get state() {
    return this.#state;
  }

  /** Gets what a first picture does without. @param {{parsed: typeof import('./frames.js').parsed, Pulse: typeof import('./pulse.js').Pulse}} parts */
  furnish({ parsed, Pulse }) {
    this.#parsed = parsed;
    this.#pulse = new Pulse(() => this.#say({ type: 'beat' }), () => this.#lost(1006));
    if (this.#state.phase === 'live') this.#pulse.start();
  }

  open() {
    this.#drop();
    if (this.#state.phase !== 'connecting') this.#enter({ phase: 'connecting' });
    this.#after(PATIENCE_MS, () => this.#lost(1006));
    try {
      this.#socket = new WebSocket(this.#url);
    } catch {
      this.#after(0, () => this.#lost(1006)); // an address that is none, or one the page may not reach
      return;
    }
    this.#socket.onopen = () => this.#listener.opened();
    this.#socket.onmessage = ({ data }) => this.#receive(String(data));
    this.#socket.onclose = ({ code }) => this.#receive(code);
  }

  /** @param {string | number} item */
  #receive(item) {
    this.#pulse?.heard();
    this.#unread += String(item).length;
    if (this.#unread > MOST_UNREAD) return this.#lost(1006);
    this.#inbox.push(item);
    if (!this.#isResting) this.#read();
  }

  /** Goes on reading, some milliseconds at a time; between them it rests, so that there is time for frames. */
  #read() {
    const reading = (this.#reading ??= this.#readAll());
    const start = performance.now();
    const most = globalThis.document?.hidden ? READ_HIDDEN_MS : READ_MS;
    let isDone = true;
    try {
      isDone = Boolean(pursue(reading, start + most).done);
    } finally {
      if (isDone && reading === this.#reading) this.#reading = null;
    }
    this.#busy += performance.now() - start;
    if (isDone && this.#busy < most) return;
    this.#busy = 0;
    this.#isResting = true;
    setTimeout(() => {
      this.#isResting = false;
      this.#read();
    }, BREATH_MS);
  }

  /** @returns {Generator<boolean | void, void>} */
  *#readAll() {
    const socket = this.#socket;
    while (this.#at < this.#inbox.length) {
      const item = this.#inbox[this.#at++];
      this.#unread -= String(item).length;
      if (this.#at > READ_AWAY) this.#at -= this.#inbox.splice(0, this.#at).length;
      if (typeof item === 'number') return this.#lost(item);
      while (!this.#parsed && item.length > PARSED_AT_ONCE) {
        this.#listener.large();
        yield AWAITING;
      }
      try {
        const frame = this.#parsed ? yield* this.#parsed(item) : JSON.parse(item);
        if (typeof frame?.type === 'string') yield* this.#listener.frame(frame);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
      }
      yield;
      if (socket !== this.#socket) return;
    }
  }

  /** @param {object} frame */
  send(frame) {
    this.#pulse?.asked(); // a beat is answered after what is asked for
    this.#say(frame);
  }

  /** @param {object} frame */
  #say(frame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  /** The bridge has given this viewer a room. */
  settle() {
    if (this.#state.phase === 'live') return;
    this.#pulse?.start();
    this.#enter({ phase: 'live' });
    this.#after(STEADY_MS, () => { this.#failures = { lost: 0, full: 0, refused: 0 }; });
  }

  /** Doesn't wait any longer; what is connecting or live is left alone. */
  hurry() {
    if (this.#state.phase === 'waiting') this.open();
  }

  /** Finds out soon whether the line still lives, or tries again at once where the network was the trouble. */
  doubt() {
    this.#pulse?.doubt();
    if (this.#state.phase === 'waiting' && this.#state.why === 'lost') this.open();
  }

  /** @param {number} code */
  #lost(code) {
    const why = meaningOf(code, this.#state.phase === 'live');
    const pause = pauseBefore(why, this.#failures[why]);
    this.#failures[why] += 1;
    this.#drop();
    this.#enter({ phase: 'waiting', why, retryAt: Date.now() + pause });
    this.#after(pause, () => this.open());
  }

  #drop() {
    this.#pulse?.stop();
    const socket = this.#socket;
    this.#socket = null;
    [this.#inbox, this.#at, this.#unread, this.#reading] = [[], 0, 0, null];
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  /** @param {LinkState} state */
  #enter(state) {
    this.#state = state;
    this.#listener.changed(state);
  }

  /**
   * One clock at a time: each state has at most one thing it waits for.
   *
   * @param {number} ms
   * @param {() => void} act
   */
  #after(ms, act) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, ms);
  }
}
