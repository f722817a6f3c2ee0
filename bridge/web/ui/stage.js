/**
 * The world and all that hangs in its air: what happens in the room is played here.
 *
 * @typedef {import('./layout.js').Point} Point
 * @typedef {import('./layout.js').Rect} Rect
 * @typedef {import('../guild/people.js').Member} Member
 * @typedef {import('../guild/replica.js').Message} Message
 * @typedef {import('../guild/replica.js').Replica} Replica
 * @typedef {import('../guild/replica.js').Witness} Witness
 * @typedef {import('./air.js').Air} Air
 * @typedef {{search(): void, explain(): void, close(): void}} Frame
 */

import { byId } from './dom.js';
import { sketch } from './islands.js';
import { hourOf } from './preferences.js';
import { Tour } from './tour.js';
import { Controls } from './controls.js';
import { Follower } from './follower.js';
import { Labels } from './labels.js';
import { Talk, typingTime } from './talk.js';
import { isSouthern } from '../world/seasons.js';
import { World } from '../world/world.js';

const LIVELY_MS = 120_000; // a place where somebody spoke is lively for so long
const CUT_MS = 350;
const EARLY = 20; // reactions
const RECALLED = 3; // of the words that were said before one came, so many stand in the air
const LOOK_MS = 400; // between two looks for whom a still pointer is at
const HOUSE_MS = 1_000; // between two looks at how many of a crowd are awake

/** @implements {Witness} */
export class Stage {
  #replica;
  #preferences;
  #world;
  #labels;
  #follower;
  #controls;
  #tour = new Tour(performance.now());
  /** What is said; also before there is an air for it. */
  #talk = new Talk();
  /** @type {Air | null} */
  #air = null;
  /** Reactions from before there is an air for them; the latest. @type {[uid: string, emoji: string, picture: string][]} */
  #early = [];
  /** What was said before one came and is to be read in the air, by its keys. @type {Set<number>} */
  #recalled = new Set();
  #still = matchMedia('(prefers-reduced-motion: reduce)');
  /** @type {Rect} */
  #free = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
  /** @type {Point | null} */
  #pointer = null;
  #pointedAt = 0;
  #housedAt = 0;
  #housed = '';
  #drawnAt = performance.now();
  /** Where somebody spoke, and when. @type {Map<string, number>} */
  #spoken = new Map();
  #slug = '';
  /** Whether the room's own island is to be seen. */
  #isThere = false;
  /** What is known of the island that comes, and how to learn of it. @type {import('./islands.js').Outline | null} */
  #outline;
  #options;
  /** The uid of who is logged in. */
  user = '';
  /** Called with the next picture. */
  #drawn;
  /** Whom the address wants to follow, until they are there. @type {string | null} */
  #awaited;
  /** Who said what somebody wants to see, and isn't listed. */
  #sought = '';
  #hasTour;

  /**
   * @param {import('../words.js').Words} words
   * @param {Replica} replica
   * @param {import('./preferences.js').Preferences} preferences
   * @param {Frame} frame
   * @param {{transparent: boolean, follow: string | null, zoom: number | null, tour: boolean, names: boolean, drawn(): void,
   *   outline(slug: string | null): import('./islands.js').Outline | null, arrived(): void, find(text: string): void}} options
   *   `find` looks for somebody who isn't listed, `drawn` is called when there is a first picture,
   *   `outline` for what is known of an island before it is there, `arrived` when it is
   */
  constructor(words, replica, preferences, frame, options) {
    this.#replica = replica;
    this.#preferences = preferences;
    this.#awaited = options.follow;
    this.#hasTour = options.tour;
    this.#options = options;
    this.#outline = options.outline(null);
    this.#drawn = options.drawn;
    this.#world = new World(/** @type {HTMLCanvasElement} */ (byId('world')), {
      reducedMotion: this.#isCalm(),
      background: options.transparent ? 'transparent' : 'sea',
      zoom: options.zoom,
      onFrame: () => this.#frame(),
    });
    this.#labels = new Labels(this.#world, replica, ({ uid, channelId }) => {
      if (!this.#air?.ring.touch(uid, true)) this.#go(uid, channelId);
    });
    this.#labels.hasNames = options.names;
    this.#follower = new Follower(words, () => this.#world.follow(null));
    this.#controls = new Controls(this.#world, {
      touched: () => this.#touched(),
      point: (at) => this.#point(at),
      tap: (at) => {
        this.#point(at);
        this.#air?.ring.touch(this.#whatIsAt(at).uid);
      },
      enter: (at) => this.#enter(at),
      search: () => frame.search(),
      explain: () => frame.explain(),
      escape: () => {
        if (this.#air?.ring.close()) return;
        if (this.#world.following) this.#world.follow(null);
        else frame.close();
      },
    });
    this.#still.addEventListener('change', () => this.adapt());
    this.adapt();
  }

  /** Gets an air, in which what was said before can be read as well. @param {(world: World, talk: Talk) => Air} make */
  furnish(make) {
    this.#air = make(this.#world, this.#talk);
    this.#labels.districts = this.#air.districts;
    this.#air.renew();
    this.#air.mark();
    this.#labels.hasBoards = true;
    this.adapt();
    for (const reaction of this.#early) this.reacted(...reaction);
    this.#early = [];
  }

  /** Whose figure the viewer may move, if they may. */
  get own() {
    return this.#replica.gestures ? this.user : '';
  }

  get isThere() {
    return this.#isThere;
  }

  get world() {
    return this.#world;
  }

  /** Takes the viewer's choices over. */
  adapt() {
    const { choices } = this.#preferences;
    const calm = this.#isCalm();
    document.body.classList.toggle('calm', calm);
    this.#world.reducedMotion = calm;
    this.#labels.density = choices.density;
    this.#world.hour = hourOf(choices.hour);
    const { season } = choices;
    const isCalendar = season === 'auto' || season === 'north' || season === 'south';
    this.#world.season = isCalendar ? null : season;
    this.#world.isSouth = season === 'auto' ? isSouthern(Intl.DateTimeFormat().resolvedOptions().timeZone) : season === 'south';
    this.#air?.adapt(choices, calm);
    this.#labels.hurry();
  }

  /** @param {Rect} free what of the view the frame leaves open */
  setFree(free) {
    this.#free = free;
    this.#air?.renew();
    const { clientWidth, clientHeight } = byId('stage'); // the canvas has no size before the first picture
    const { left, top } = free;
    this.#world.insets = { left, top, right: clientWidth - free.right, bottom: clientHeight - free.bottom };
    this.#sketch();
  }

  /** Shows what is known of the island that comes. */
  #sketch() {
    const outline = this.#outline;
    if (outline && !this.#isThere) sketch(outline, this.#world.rectOf(outline.width, outline.height));
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

  /** Flies to who said something, or else to where they said it. @param {{uid: string, placeId: string}} message */
  visitSpeaker({ uid, placeId }) {
    if (this.#replica.people.get(uid)) {
      this.visit(uid);
      return;
    }
    this.#go('', placeId);
    this.#sought = uid;
    this.#options.find(uid);
  }

  /** The bridge listens: who is to be followed may be there without being listed. */
  seated() {
    if (this.#awaited) this.#options.find(this.#awaited);
  }

  /** Stays with somebody. @param {string} uid */
  follow(uid) {
    this.#touched();
    this.#world.follow(uid);
  }

  // What happens in the room

  entered() {
    const { room, people, channels, counts, strangers } = this.#replica;
    if (!room) return;
    if (room.slug !== this.#slug) {
      this.#hush();
      this.#cut(room.slug);
    }
    const followed = room.slug === this.#slug ? this.#world.following : null;
    if (followed && !people.get(followed)) this.#awaited = followed; // they may be one of many now
    this.#slug = room.slug;
    this.#unsay(({ uid }) => !people.get(uid));
    this.#world.show({ id: room.id, channels: [...channels.values()], members: people.all(), counts, strangers });
    this.#meetAwaited();
    this.#air?.mark();
  }

  left() {
    this.#hush();
    this.#slug = '';
    this.#isThere = false;
    byId('world').classList.remove('leaving');
    this.#world.clear();
    this.#air?.mark();
  }

  /** From one island to another there is the sea, and then what is known of it. @param {string} slug */
  #cut(slug) {
    this.#isThere = false;
    byId('world').classList.toggle('leaving', this.#slug !== '');
    this.#outline = this.#options.outline(slug);
    this.#sketch();
  }

  #arrive() {
    this.#isThere = true;
    const canvas = byId('world');
    const isCut = canvas.classList.contains('leaving');
    canvas.classList.remove('leaving');
    if (isCut && !this.#isCalm()) canvas.animate({ opacity: [0, 1] }, CUT_MS);
    this.#options.arrived();
  }

  /** Nothing of what was said in another room stays in the air. */
  #hush() {
    this.#unsay(() => true);
    this.#early = [];
    this.#recalled.clear();
    this.#air?.clear();
    this.#spoken.clear();
  }

  rebuilt() {
    this.#world.setChannels([...this.#replica.channels.values()]);
    this.#air?.mark();
    this.#labels.hurry();
  }

  /** @param {Member} member */
  came(member) {
    this.#world.arrive(member);
    this.#meetAwaited();
  }

  /** They are there already. @param {Member} member */
  met(member) {
    this.#world.change(member);
    this.#meetAwaited();
    if (member.uid === this.#sought) this.visit(member.uid);
  }

  /** They still are, as one of many. @param {string} uid */
  forgotten(uid) {
    this.#world.forget(uid);
  }

  /** @param {string} uid */
  isWatched(uid) {
    return uid === this.#world.following;
  }

  /** @param {Member} member */
  changed(member) {
    this.#world.change(member);
  }

  /** @param {string} uid */
  went(uid) {
    this.#world.leave(uid);
    this.#unsay((message) => message.uid === uid);
  }

  /** @param {Message} message */
  said(message) {
    const now = performance.now();
    if (!this.#gestured(message)) {
      this.#world.say(message.uid, message.placeId);
      this.#talk.say(message, now);
    }
    if (this.#hasTour) this.#tour.heard(message.placeId);
    this.#spoken.delete(message.placeId); // so that the latest stands last
    this.#spoken.set(message.placeId, now);
    this.#air?.heard(message.uid);
  }

  /** Where it was said is lively, and the last of it can still be read. @param {Message[]} messages */
  recalled(messages) {
    const now = performance.now();
    for (const { uid, placeId, at } of messages) {
      this.#world.say(uid, placeId);
      this.#spoken.delete(placeId);
      this.#spoken.set(placeId, now - (Date.now() - at));
    }
    this.#recalled = new Set(messages.slice(-RECALLED).map(({ key }) => key));
  }

  /** Says again what was said before, all letters at once, when it can be read. @param {number} now */
  #repeat(now) {
    if (!this.#recalled.size || !this.#air || !this.#isThere) return;
    for (const entry of this.#replica.feed) {
      if ('id' in entry && this.#recalled.has(entry.key)) this.#talk.say(entry, now - typingTime(entry.text));
    }
    this.#recalled.clear();
    this.#air.renew();
  }

  /** Does what somebody says without words, if they can be seen. @param {Message} message */
  #gestured({ uid, text, emoji: pictures }) {
    const gesture = this.#air?.gestureOf(text);
    if (!gesture || !this.#world.gesture(uid, gesture.kind)) return false;
    this.reacted(uid, gesture.emoji, pictures[gesture.emoji] ?? '');
    return true;
  }

  /** Somebody makes their own figure do something. @param {string} uid @param {string} gesture */
  acted(uid, gesture) {
    if (this.#world.act(uid, gesture)) this.#air?.act(uid, gesture, performance.now());
  }

  /** One's own figure doesn't do what was asked for. @param {string} code */
  balked(code) {
    this.#air?.ring.refuse(code);
  }

  /** @param {Message} message */
  corrected(message) {
    this.#talk.correct(message, performance.now());
    this.#air?.renew();
  }

  /** @param {Message} message */
  unsaid(message) {
    this.#unsay(({ key }) => key === message.key);
  }

  /** @param {string} uid @param {string} emoji @param {string} picture */
  reacted(uid, emoji, picture) {
    this.#world.stir(uid);
    if (this.#air) {
      this.#air.react(uid, emoji, picture, performance.now());
    } else {
      this.#early.push([uid, emoji, picture]);
      this.#early.splice(0, this.#early.length - EARLY);
    }
  }

  /** @param {import('../guild/happenings.js').Happening | null} happening */
  happened(happening) {
    if (happening) this.#air?.happened(happening);
    this.#air?.mark();
  }

  // Inside

  /** @param {(message: Message) => boolean} isGone */
  #unsay(isGone) {
    this.#talk.drop(isGone);
    this.#air?.renew();
  }

  #isCalm() {
    const { motion } = this.#preferences.choices;
    return motion === 'auto' ? this.#still.matches : motion === 'less';
  }

  #touched() {
    this.#world.stopVisit();
    this.#world.stay();
    this.#tour.touched(performance.now());
    this.#sought = '';
    if (this.#awaited !== this.#options.follow) this.#awaited = null;
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

  /** @param {Point | null} at */
  #point(at) {
    this.#pointer = at;
    this.#pointedAt = 0;
  }

  /** A second tap: to whom or what is there, or just there. @param {Point} at */
  #enter(at) {
    this.#air?.ring.close();
    const { uid, channelId, house } = this.#whatIsAt(at);
    if (uid || channelId) {
      this.#go(uid, channelId);
    } else if (house >= 0) {
      this.#touched();
      this.#world.lookAtHouse(house);
    } else {
      const { left, right, top, bottom } = this.#free;
      this.#world.pan(at.x - (left + right) / 2, at.y - (top + bottom) / 2);
    }
  }

  /** What is drawn on top counts: a name or a sign, then people, then places and houses. @param {Point} at */
  #whatIsAt(at) {
    const { uid, channelId } = this.#labels.under(at) ?? { uid: this.#world.personAt(at.x, at.y) ?? '', channelId: '' };
    const place = uid ? '' : channelId || (this.#world.placeAt(at.x, at.y) ?? '');
    return { uid, channelId: place, house: uid || place ? -1 : this.#world.houseAt(at.x, at.y) };
  }

  #frame() {
    const now = performance.now();
    const world = this.#world;
    this.#drawn();
    this.#drawn = () => {};
    if (!this.#isThere && this.#slug && world.isHere) this.#arrive();
    this.#controls.frame(Math.min(100, now - this.#drawnAt));
    this.#drawnAt = now;
    this.#repeat(now);
    this.#house(now);
    this.#walk(now);
    this.#lookAtPointer(now);
    if (this.#air) {
      this.#labels.talking = this.#air.talking;
      this.#labels.own = this.own;
    }
    this.#labels.frame(now, this.#free);
    this.#air?.frame(now, this.#free, this.#labels.signs, this.#replica.typing.keys(), this.#labels.pointed);
    this.#follower.show(world.following ? this.#replica.people.get(world.following) ?? null : null);
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

  /** @param {number} now */
  #walk(now) {
    for (const [channelId, at] of this.#spoken) if (now - at > LIVELY_MS) this.#spoken.delete(channelId);
    this.#labels.lively = [...this.#spoken.keys()].reverse();
    const shot = this.#isCalm() || this.#world.following ? null : this.#tour.next(now);
    if (shot?.to === 'whole') this.#world.goHome();
    else if (shot) this.#tour.isAway = this.#world.visit(shot.place);
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
    this.#labels.hurry();
    byId('world').classList.toggle('pointing', Boolean(uid || channelId || house >= 0));
  }
}
