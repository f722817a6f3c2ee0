/**
 * What hangs in the world's air: words, dots, reactions, what there is to know of who is pointed at; and how words sound.
 *
 * @typedef {import('./layout.js').Rect} Rect
 * @typedef {import('./preferences.js').Choices} Choices
 * @typedef {import('../world/world.js').World} World
 */

import { drawFeast } from '../world/feast.js';
import { marksFor } from '../world/marks.js';
import { moods } from '../world/moods.js';
import { Bubbles } from './bubbles.js';
import { Cheers } from './cheers.js';
import { Districts } from './districts.js';
import { gestureOf } from './gestures.js';
import { Ring } from './ring.js';
import { Sound } from './sound.js';
import { Sparks } from './sparks.js';
import { Tip } from './tip.js';

const FEAST = 7; // seconds
/** @type {Record<string, string>} */
const STILL_SIGNS = { wave: '👋', hop: '⬆️' };

export class Air {
  #world;
  #bubbles;
  #sparks;
  #tip;
  #sound;
  #cheers = new Cheers();
  #replica;
  districts = new Districts();

  /**
   * @param {import('../words.js').Words} words
   * @param {World} world
   * @param {import('./talk.js').Talk} talk
   * @param {import('../words.js').MoreWords} more
   * @param {import('../guild/replica.js').Replica} replica
   * @param {() => boolean} hasFire whether people sit at one
   * @param {import('./ring.js').Self} self who is watching
   */
  constructor(words, world, talk, more, replica, hasFire, self) {
    this.#world = world;
    this.#replica = replica;
    world.drawFeast = drawFeast;
    world.moods = moods;
    this.#sound = new Sound(() => ({ hour: world.hour ?? new Date().getHours(), hasFire: hasFire() }));
    this.#bubbles = new Bubbles(words, world, talk);
    this.#sparks = new Sparks(world);
    this.#tip = new Tip(words, more, world, replica);
    /** What one's own figure can do. */
    this.ring = new Ring(more.gestures, world, self);
    addEventListener('pointerdown', () => this.#sound.wake());
    addEventListener('keydown', () => this.#sound.wake());
  }

  /** Who is heard. */
  get talking() {
    return this.#bubbles.talking;
  }

  /** Takes the viewer's choices over. @param {Readonly<Choices>} choices @param {boolean} calm */
  adapt({ density, sound }, calm) {
    this.#bubbles.calm = this.#sparks.calm = calm;
    this.#bubbles.density = density;
    this.#sound.want(sound);
  }

  /** What is said has changed, or how much room there is for it. */
  renew() {
    this.#bubbles.renew();
  }

  /** What somebody does who sends this. @param {string} text */
  gestureOf(text) {
    return gestureOf(text);
  }

  /** @param {string} uid who has said something */
  heard(uid) {
    this.renew();
    this.#sound.pop(uid);
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
      this.#world.gesture(uid, 'hop');
    }
  }

  /** Puts up what goes on. */
  mark() {
    const { happenings, channels } = this.#replica;
    this.#world.marks = marksFor(happenings.all(), channels.values());
  }

  /** Somebody has their figure do something; where nothing may move, a sign says what. @param {string} uid @param {string} gesture @param {number} now */
  act(uid, gesture, now) {
    this.ring.seen(uid, gesture);
    if (this.#sparks.calm && STILL_SIGNS[gesture]) this.#sparks.react(uid, STILL_SIGNS[gesture], '', now);
  }

  /** What may not be shown any longer doesn't fade. */
  clear() {
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
    this.#bubbles.signs = signs;
    this.#bubbles.frame(now, free);
    this.#sparks.frame(now, free, typing, this.#bubbles.unheard);
    this.#tip.show(now, this.ring.isOpen ? {} : pointed);
    this.ring.frame(now, free);
  }
}
