/**
 * The world and all that hangs in its air: what happens in the room is played here.
 *
 * @typedef {import('./layout.js').Point} Point
 * @typedef {import('./layout.js').Rect} Rect
 * @typedef {import('../guild/people.js').Member} Member
 * @typedef {import('../guild/replica.js').Message} Message
 * @typedef {import('../guild/replica.js').Replica} Replica
 * @typedef {import('../guild/replica.js').Witness} Witness
 * @typedef {{search(): void, explain(): void, close(): void}} Frame
 */

import { byId } from './dom.js';
import { HOURS } from './preferences.js';
import { Tour } from './tour.js';
import { Bubbles } from './bubbles.js';
import { Controls } from './controls.js';
import { Follower } from './follower.js';
import { Labels } from './labels.js';
import { Sound } from './sound.js';
import { Sparks } from './sparks.js';
import { Tip } from './tip.js';
import { World } from '../world/world.js';

const LIVELY_MS = 120_000; // a place where somebody spoke is lively for so long
const LOOK_MS = 400; // between two looks for whom a still pointer is at

/** @implements {Witness} */
export class Stage {
  #replica;
  #preferences;
  #world;
  #bubbles;
  #sparks;
  #labels;
  #tip;
  #follower;
  #controls;
  #tour = new Tour(performance.now());
  #sound = new Sound();
  #still = matchMedia('(prefers-reduced-motion: reduce)');
  /** @type {Rect} */
  #free = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
  /** @type {Point | null} */
  #pointer = null;
  #pointedAt = 0;
  #drawnAt = performance.now();
  /** Where somebody spoke, and when. @type {Map<string, number>} */
  #spoken = new Map();
  #slug = '';
  /** Whom the address wants to follow, until they are there. @type {string | null} */
  #awaited;

  /**
   * @param {import('../words.js').Words} words
   * @param {Replica} replica
   * @param {import('./preferences.js').Preferences} preferences
   * @param {Frame} frame
   * @param {{transparent: boolean, follow: string | null}} options
   */
  constructor(words, replica, preferences, frame, options) {
    this.#replica = replica;
    this.#preferences = preferences;
    this.#awaited = options.follow;
    this.#world = new World(/** @type {HTMLCanvasElement} */ (byId('world')), {
      reducedMotion: this.#isCalm(),
      background: options.transparent ? 'transparent' : 'sea',
      onFrame: () => this.#frame(),
    });
    this.#bubbles = new Bubbles(words, this.#world);
    this.#sparks = new Sparks(this.#world);
    this.#labels = new Labels(this.#world, replica, ({ uid, channelId }) => this.#go(uid, channelId));
    this.#tip = new Tip(words);
    this.#follower = new Follower(words, () => this.#world.follow(null));
    this.#controls = new Controls(this.#world, {
      touched: () => this.#touched(),
      point: (at) => { this.#pointer = at; this.#pointedAt = 0; },
      enter: (at) => this.#enter(at),
      search: () => frame.search(),
      explain: () => frame.explain(),
      escape: () => {
        if (this.#world.following) this.#world.follow(null);
        else frame.close();
      },
    });
    addEventListener('pointerdown', () => this.#sound.wake());
    addEventListener('keydown', () => this.#sound.wake());
    this.#still.addEventListener('change', () => this.adapt());
    this.adapt();
  }

  get world() {
    return this.#world;
  }

  /** Takes the viewer's choices over. */
  adapt() {
    const { density, hour, sound } = this.#preferences.choices;
    const calm = this.#isCalm();
    document.body.classList.toggle('calm', calm);
    this.#world.reducedMotion = this.#bubbles.calm = this.#sparks.calm = calm;
    this.#bubbles.density = this.#labels.density = density;
    this.#world.hour = HOURS[hour];
    this.#sound.on = sound === 'on';
    this.#labels.hurry();
  }

  /** @param {Rect} free what of the view the frame leaves open */
  setFree(free) {
    this.#free = free;
    this.#bubbles.renew();
    const { clientWidth, clientHeight } = byId('stage'); // the canvas has no size before the first picture
    const { left, top } = free;
    this.#world.insets = { left, top, right: clientWidth - free.right, bottom: clientHeight - free.bottom };
  }

  /** @param {boolean} connected */
  setConnected(connected) {
    this.#world.connected = connected;
  }

  /** @param {number} events */
  pulse(events) {
    this.#world.pulse(events);
  }

  /** Shows the names of those who are looked for. @param {string[]} uids */
  seek(uids) {
    this.#labels.sought = uids;
    this.#labels.hurry();
  }

  /** Flies to somebody. @param {string} uid */
  visit(uid) {
    this.#touched();
    this.#world.flyTo(uid);
    this.seek([uid]);
  }

  /** Stays with somebody. @param {string} uid */
  follow(uid) {
    this.#touched();
    this.#world.follow(uid);
  }

  // What happens in the room

  entered() {
    const { room, people, channels, counts } = this.#replica;
    if (!room) return;
    if (room.slug !== this.#slug) this.#hush();
    this.#slug = room.slug;
    this.#bubbles.drop(({ uid }) => !people.get(uid));
    this.#world.show({ id: room.id, channels: [...channels.values()], members: people.all(), counts });
    this.#meetAwaited();
  }

  left() {
    this.#hush();
    this.#world.clear();
  }

  /** Nothing of what was said in another room stays in the air. */
  #hush() {
    this.#bubbles.clear();
    this.#sparks.clear();
    this.#spoken.clear();
  }

  rebuilt() {
    this.#world.setChannels([...this.#replica.channels.values()]);
    this.#labels.hurry();
  }

  /** @param {Member} member */
  came(member) {
    this.#world.arrive(member);
    this.#meetAwaited();
  }

  /** @param {Member} member */
  changed(member) {
    this.#world.change(member);
  }

  /** @param {string} uid */
  went(uid) {
    this.#world.leave(uid);
    this.#bubbles.drop((message) => message.uid === uid);
  }

  /** @param {Message} message */
  said(message) {
    const now = performance.now();
    this.#world.say(message.uid, message.placeId);
    this.#bubbles.say(message, now);
    this.#tour.heard(message.placeId);
    this.#spoken.delete(message.placeId); // so that the latest stands last
    this.#spoken.set(message.placeId, now);
    this.#sound.pop(message.uid);
  }

  /** @param {Message} message */
  corrected(message) {
    this.#bubbles.correct(message, performance.now());
  }

  /** @param {Message} message */
  unsaid(message) {
    this.#bubbles.drop(({ key }) => key === message.key);
  }

  /** @param {string} uid @param {string} emoji @param {string} picture */
  reacted(uid, emoji, picture) {
    this.#sparks.react(uid, emoji, picture, performance.now());
  }

  // Inside

  #isCalm() {
    const { motion } = this.#preferences.choices;
    return motion === 'auto' ? this.#still.matches : motion === 'less';
  }

  #touched() {
    this.#world.stay();
    this.#tour.touched(performance.now());
  }

  #meetAwaited() {
    if (!this.#awaited || !this.#replica.people.get(this.#awaited)) return;
    this.#world.follow(this.#awaited);
    this.#awaited = null;
  }

  /** @param {string} uid @param {string} channelId */
  #go(uid, channelId) {
    this.#touched();
    if (uid) this.#world.follow(uid);
    else this.#world.lookAt(channelId);
  }

  /** A second tap: to whom or what is there, or just there. @param {Point} at */
  #enter(at) {
    const { uid, channelId } = this.#whatIsAt(at);
    if (uid || channelId) {
      this.#go(uid, channelId);
    } else {
      const { left, right, top, bottom } = this.#free;
      this.#world.pan(at.x - (left + right) / 2, at.y - (top + bottom) / 2);
    }
  }

  /** What is drawn on top counts: a name or a sign, then people, then places. @param {Point} at */
  #whatIsAt(at) {
    const { uid, channelId } = this.#labels.under(at) ?? { uid: this.#world.personAt(at.x, at.y) ?? '', channelId: '' };
    return { uid, channelId: uid ? '' : channelId || (this.#world.placeAt(at.x, at.y) ?? '') };
  }

  #frame() {
    const now = performance.now();
    const world = this.#world;
    this.#controls.frame(Math.min(100, now - this.#drawnAt));
    this.#drawnAt = now;
    this.#walk(now);
    this.#lookAtPointer(now);
    this.#labels.talking = this.#bubbles.talking;
    this.#labels.frame(now, this.#free);
    this.#bubbles.signs = this.#labels.signs;
    this.#bubbles.frame(now, this.#free);
    this.#sparks.frame(now, this.#free, this.#replica.typing.keys(), this.#bubbles.unheard);
    const { uid } = this.#labels.pointed;
    this.#tip.show(uid ? this.#replica.people.get(uid) ?? null : null, uid ? world.headOf(uid) : null);
    this.#follower.show(world.following ? this.#replica.people.get(world.following) ?? null : null);
  }

  /** @param {number} now */
  #walk(now) {
    for (const [channelId, at] of this.#spoken) if (now - at > LIVELY_MS) this.#spoken.delete(channelId);
    this.#labels.lively = [...this.#spoken.keys()].reverse();
    const place = this.#isCalm() || this.#world.following ? null : this.#tour.next(now);
    if (place) this.#world.drift(place);
  }

  /** @param {number} now */
  #lookAtPointer(now) {
    if (now - this.#pointedAt < LOOK_MS) return;
    this.#pointedAt = now;
    const at = this.#pointer;
    const { uid, channelId } = at ? this.#whatIsAt(at) : { uid: '', channelId: '' };
    const before = this.#labels.pointed;
    if (before.uid === uid && before.channelId === channelId) return;
    this.#labels.pointed = { uid, channelId };
    this.#labels.hurry();
    byId('world').classList.toggle('pointing', Boolean(uid || channelId));
  }
}
