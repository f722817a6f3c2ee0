/**
 * Looks around in the world: with hands, on a tour when nobody touches it, and by what a pointer is at.
 *
 * @typedef {import('./layout.js').Point} Point
 * @typedef {import('./layout.js').Rect} Rect
 * @typedef {import('../guild/replica.js').Replica} Replica
 */

import { Flights } from '../world/flights.js';
import { byId } from './dom.js';
import { Controls } from './controls.js';
import { Follower } from './follower.js';
import { Labels } from './labels.js';
import { Tour } from './tour.js';

const LIVELY_MS = 120_000; // a place where somebody spoke is lively for so long
const LOOK_MS = 400; // between two looks for whom a still pointer is at

export class Lookout {
  #air;
  #wishes;
  /** Who said what somebody wants to see, and isn't listed. */
  #sought = '';
  #world;
  #flights;
  #where;
  #replica;
  #labels;
  #follower;
  #controls;
  #hasTour;
  #tour = new Tour(performance.now());
  #isCalm = false;
  /** @type {Rect} */
  #free = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
  /** @type {Point | null} */
  #pointer = null;
  #pointedAt = 0;
  #drawnAt = performance.now();
  /** Where somebody spoke, and when. @type {Map<string, number>} */
  #spoken = new Map();

  /**
   * @param {import('../words.js').AllWords} words
   * @param {import('../world/world.js').World} world
   * @param {import('../world/whereabouts.js').Whereabouts} where
   * @param {Replica} replica
   * @param {{tour: boolean | null, names: boolean | null}} wanted whether there is a tour, and are names: unless somebody wants none
   * @param {import('./air.js').Air} air
   * @param {{find(uid: string): void, touched(): void}} wishes `find` looks for somebody who isn't listed
   */
  constructor(words, world, where, replica, { tour, names }, air, wishes) {
    this.#wishes = wishes;
    this.#air = air;
    this.#world = world;
    this.#flights = new Flights(world);
    this.#where = where;
    this.#replica = replica;
    this.#hasTour = tour !== false;
    this.#labels = new Labels(world, where, replica, ({ uid, channelId }) => {
      if (!air.ring.touch(uid, true)) this.#go(uid, channelId);
    });
    this.#labels.hasNames = names !== false;
    this.#follower = new Follower(words, () => world.follow(null));
    this.#controls = new Controls(this.#flights, {
      touched: () => this.touched(),
      point: (at) => this.#point(at),
      tap: (at) => {
        this.#point(at);
        air.ring.touch(this.#whatIsAt(at).uid);
      },
      enter: (at) => this.#enter(at),
    });
  }

  /** Where names can be read that had better not be covered. */
  get signs() {
    return this.#labels.signs;
  }

  get pointed() {
    return this.#labels.pointed;
  }

  /** Takes the viewer's choices over. @param {Readonly<import('./preferences.js').Choices>} choices @param {boolean} calm */
  adapt({ density }, calm) {
    this.#isCalm = calm;
    this.#labels.density = density;
    this.hurry();
  }

  /** @param {Rect} free what of the view the frame leaves open */
  setFree(free) {
    this.#free = free;
  }

  /** Looks anew at who is near with the next frame. */
  hurry() {
    this.#labels.hurry();
  }

  /** Another room. */
  clear() {
    this.#spoken.clear();
  }

  /** @param {string} placeId where somebody spoke @param {number} now @param {boolean} [isNew] */
  heard(placeId, now, isNew = true) {
    if (this.#hasTour && isNew) this.#tour.heard(placeId);
    this.#spoken.delete(placeId); // so that the latest stands last
    this.#spoken.set(placeId, now);
  }

  /** Shows the names of those who are looked for. @param {string[]} uids */
  seek(uids) {
    this.#labels.sought = uids;
    this.hurry();
  }

  /** Flies to somebody. @param {string} uid */
  visit(uid) {
    this.touched();
    this.#flights.flyTo(uid);
    this.seek([uid]);
  }

  /** Flies to who said something, or else to where they said it. @param {{uid: string, placeId: string}} message */
  visitSpeaker({ uid, placeId }) {
    if (this.#replica.people.get(uid)) {
      this.visit(uid);
      return;
    }
    this.#go('', placeId);
    this.#sought = uid;
    this.#wishes.find(uid);
  }

  /** Somebody is listed by now, who was maybe looked for. @param {string} uid */
  met(uid) {
    if (uid === this.#sought) this.visit(uid);
  }

  /** @param {number} now @param {Set<string>} talking who has a bubble @param {string} own whose figure the viewer may move */
  frame(now, talking, own) {
    this.#controls.frame(Math.min(100, now - this.#drawnAt));
    this.#drawnAt = now;
    this.#walk(now);
    this.#lookAtPointer(now);
    this.#labels.talking = talking;
    this.#labels.own = own;
    this.#labels.frame(now, this.#free);
    const { following } = this.#world;
    this.#follower.show(following ? this.#replica.people.get(following) ?? null : null);
  }

  /** Somebody takes the camera over. */
  touched() {
    this.#flights.stop();
    this.#tour.touched(performance.now());
    this.#sought = '';
    this.#wishes.touched();
  }

  /** @param {string} uid @param {string} channelId */
  #go(uid, channelId) {
    this.touched();
    if (uid) this.#world.follow(uid);
    else this.#flights.lookAt(channelId);
  }

  /** @param {Point | null} at */
  #point(at) {
    this.#pointer = at;
    this.#pointedAt = 0;
  }

  /** A second tap: to whom or what is there, or just there. @param {Point} at */
  #enter(at) {
    this.#air.ring.close();
    const { uid, channelId, house } = this.#whatIsAt(at);
    if (uid || channelId) {
      this.#go(uid, channelId);
    } else if (house >= 0) {
      this.touched();
      this.#flights.lookAtHouse(house);
    } else {
      const { left, right, top, bottom } = this.#free;
      this.#flights.pan(at.x - (left + right) / 2, at.y - (top + bottom) / 2);
    }
  }

  /** What is drawn on top counts: a name or a sign, then people, then places and houses. @param {Point} at */
  #whatIsAt(at) {
    const where = this.#where;
    const { uid, channelId } = this.#labels.under(at) ?? { uid: where.personAt(at.x, at.y) ?? '', channelId: '' };
    const place = uid ? '' : channelId || (where.placeAt(at.x, at.y) ?? '');
    return { uid, channelId: place, house: uid || place ? -1 : where.houseAt(at.x, at.y) };
  }

  /** @param {number} now */
  #walk(now) {
    for (const [channelId, at] of this.#spoken) if (now - at > LIVELY_MS) this.#spoken.delete(channelId);
    this.#labels.lively = [...this.#spoken.keys()].reverse();
    const shot = this.#isCalm || this.#world.following ? null : this.#tour.next(now);
    if (shot?.to === 'whole') this.#flights.goHome();
    else if (shot) this.#tour.isAway = this.#flights.visit(shot.place);
  }

  /** @param {number} now */
  #lookAtPointer(now) {
    if (now - this.#pointedAt < LOOK_MS) return;
    this.#pointedAt = now;
    const at = this.#pointer;
    const { uid, channelId, house } = at ? this.#whatIsAt(at) : { uid: '', channelId: '', house: -1 };
    const before = this.#labels.pointed;
    if (before.uid === uid && before.channelId === channelId && before.house === house) return;
    this.#labels.pointed = { uid, channelId, house };
    this.hurry();
    byId('world').classList.toggle('pointing', Boolean(uid || channelId || house >= 0));
  }
}
