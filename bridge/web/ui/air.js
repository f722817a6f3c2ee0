/**
 * What hangs in the world's air: words, dots, reactions, what there is to know of who is pointed at; and how words sound.
 *
 * @typedef {import('./layout.js').Rect} Rect
 * @typedef {import('./preferences.js').Choices} Choices
 * @typedef {import('../guild/replica.js').Message} Message
 * @typedef {import('../world/world.js').World} World
 */

import { EFFECTS } from '../world/effects.js';
import { OWN_GESTURES, gesticulate } from '../world/gestures.js';
import { marksFor } from '../world/marks.js';
import { Bubbles } from './bubbles.js';
import { Cheers } from './cheers.js';
import { gestureOf } from './gestures.js';
import { Ring } from './ring.js';
import { Sparks } from './sparks.js';
import { Talk, typingTime } from './talk.js';

const FEAST = 7; // seconds
const RECALLED = 3; // of the words that were said before one came, so many stand in the air
const HOUSE_MS = 1_000; // between two looks at how many of a crowd are awake
/** @type {Record<string, string>} */
const STILL_SIGNS = { wave: '👋', hop: '⬆️' };

export class Air {
  #world;
  #bubbles;
  #sparks;
  #talk = new Talk();
  #cheers = new Cheers();
  #replica;
  #housedAt = 0;
  #housed = '';
  /** What was said before one came and is to be read, by its keys. @type {Set<number>} */
  #recalled = new Set();
  /** Who types, and has come out for that. @type {Set<string>} */
  #roused = new Set();
  /** What tells of who is pointed at, once somebody points. @type {import('./tip.js').Tip | null} */
  tip = null;
  /** Once somebody wants any. @type {import('./sound.js').Sound | null} */
  sound = null;

  /**
   * @param {import('../words.js').AllWords} words
   * @param {World} world
   * @param {import('../world/whereabouts.js').Whereabouts} where
   * @param {import('../words.js').MoreWords} more
   * @param {import('../guild/replica.js').Replica} replica
   * @param {import('./ring.js').Self} self who is watching
   */
  constructor(words, world, where, more, replica, self) {
    this.#world = world;
    this.#replica = replica;
    world.effects = EFFECTS;
    this.#bubbles = new Bubbles(words, where, this.#talk);
    this.#sparks = new Sparks(where);
    /** What one's own figure can do. */
    this.ring = new Ring(more.gestures, where, self);
  }

  /** Who is heard. */
  get talking() {
    return this.#bubbles.talking;
  }

  /** Takes the viewer's choices over. @param {Readonly<Choices>} choices @param {boolean} calm */
  adapt({ density, sound }, calm) {
    this.#bubbles.calm = this.#sparks.calm = calm;
    this.#bubbles.density = density;
    this.sound?.want(sound);
  }

  /** What is said has changed, or how much room there is for it. */
  renew() {
    this.#bubbles.renew();
  }

  /** Does what somebody says without words, if they can be seen. @param {Message} message @param {number} now */
  gestured({ uid, text, emoji: pictures }, now) {
    const gesture = gestureOf(text);
    if (!gesture || !gesticulate(this.#world, uid, gesture.kind)) return false;
    this.react(uid, gesture.emoji, pictures[gesture.emoji] ?? '', now);
    return true;
  }

  /** @param {Message} message @param {number} now */
  say(message, now) {
    this.#talk.say(message, now);
  }

  /** The last of what was said before one came can still be read. @param {Message[]} messages */
  recall(messages) {
    this.#recalled = new Set(messages.slice(-RECALLED).map(({ key }) => key));
  }

  /** Says it again, all letters at once, once the island is there. @param {number} now */
  #repeat(now) {
    if (!this.#recalled.size || !this.#world.isHere) return;
    for (const entry of this.#replica.feed) {
      if ('id' in entry && this.#recalled.has(entry.key)) this.#talk.say(entry, now - typingTime(entry.text));
    }
    this.#recalled.clear();
    this.renew();
  }

  /** @param {Message} message @param {number} now */
  correct(message, now) {
    this.#talk.correct(message, now);
    this.renew();
  }

  /** What may not be shown any longer isn't. @param {(message: Message) => boolean} isGone */
  drop(isGone) {
    this.#talk.drop(isGone);
    this.#bubbles.renew(true);
  }

  /** @param {string} uid who has said something */
  heard(uid) {
    this.renew();
    this.sound?.pop(uid);
  }

  /** @param {string} uid @param {string} emoji @param {string} picture @param {number} now */
  react(uid, emoji, picture, now) {
    this.#sparks.react(uid, emoji, picture, now);
    if (this.#cheers.heard(now)) this.#world.celebrate(FEAST);
  }

  /** @param {import('../guild/happenings.js').Happening} happening */
  happened({ kind, uid, placeId }) {
    if (kind === 'boost') this.#world.celebrate(FEAST);
    if (kind === 'thread' && uid) {
      this.#world.say(uid, placeId);
      gesticulate(this.#world, uid, 'hop');
    }
  }

  /** Puts up what goes on. */
  mark() {
    const { happenings, channels } = this.#replica;
    this.#world.marks = marksFor(happenings?.all() ?? [], channels.values());
  }

  /** Somebody makes their own figure hop, wave, or sit until it moves on; where nothing may move, a sign says what. @param {string} uid @param {string} gesture @param {number} now */
  act(uid, gesture, now) {
    if (!OWN_GESTURES.includes(gesture) || !gesticulate(this.#world, uid, gesture)) return;
    this.#world.alive?.pause(uid, gesture === 'sit');
    this.ring.seen(uid, gesture);
    if (this.#sparks.calm && STILL_SIGNS[gesture]) this.#sparks.react(uid, STILL_SIGNS[gesture], '', now);
  }

  /** What may not be shown any longer doesn't fade. */
  clear() {
    this.#recalled.clear();
    this.drop(() => true);
    this.ring.close();
    this.#bubbles.clear();
    this.#sparks.clear();
  }

  /**
   * @param {number} now
   * @param {Rect} free
   * @param {Rect[]} signs what bubbles had better not cover
   * @param {Iterable<string>} typing
   * @param {import('./tip.js').Pointed} pointed
   */
  frame(now, free, signs, typing, pointed) {
    this.#house(now);
    this.#repeat(now);
    this.#bubbles.signs = signs;
    this.#bubbles.frame(now, free);
    this.#sparks.frame(now, free, this.#rouse(typing), this.#bubbles.unheard, signs);
    this.tip?.show(now, this.ring.isOpen ? {} : pointed, free);
    this.ring.frame(now, free);
  }

  /** Has those come out who begin to type. @param {Iterable<string>} typing */
  #rouse(typing) {
    const writers = [...typing];
    this.#roused = new Set(writers.filter((uid) => this.#roused.has(uid) || this.#world.stir(uid)));
    return writers;
  }

  /** Lights the windows of a crowd anew from time to time. @param {number} now */
  #house(now) {
    const { census, people, strangers } = this.#replica;
    if (!census.isTaken || now - this.#housedAt < HOUSE_MS) return;
    this.#housedAt = now;
    const seen = `${census.revision} ${people.revision}`;
    if (seen === this.#housed) return;
    this.#housed = seen;
    this.#world.house(strangers);
  }
}
