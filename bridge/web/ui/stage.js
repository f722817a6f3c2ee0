/**
 * The world and all that hangs in its air; what happens there is in `play.js`.
 *
 * @typedef {import('./layout.js').Rect} Rect
 * @typedef {import('../guild/people.js').Member} Member
 * @typedef {import('../guild/replica.js').Replica} Replica
 * @typedef {{air: import('./air.js').Air, lookout: import('./lookout.js').Lookout}} Furniture what comes later
 */

import { byId } from './dom.js';
import { sketch } from './islands.js';
import { hourOf } from './preferences.js';
import { isSouthern } from '../world/seasons.js';
import { World } from '../world/world.js';

const CUT_MS = 350;

export class Stage {
  #replica;
  #preferences;
  #world;
  /** @type {Furniture | null} */
  furniture = null;
  /** Called when that is there. @type {(furniture: Furniture) => void} */
  furnished = () => {};
  #still = matchMedia('(prefers-reduced-motion: reduce)');
  /** @type {Rect} */
  #free = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
  /** Whose island it is. */
  slug = '';
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

  /**
   * @param {Replica} replica
   * @param {import('./preferences.js').Preferences} preferences
   * @param {{transparent: boolean, follow: string | null, zoom: number | null, drawn(): void, needTown(): void,
   *   outline(slug: string | null): import('./islands.js').Outline | null, arrived(): void, find(text: string): void}} options
   *   `find` looks for somebody who isn't listed, `drawn` is called when there is a first picture, `needTown` when the world wants a town,
   *   `outline` for what is known of an island before it is there, `arrived` when it is
   */
  constructor(replica, preferences, options) {
    this.#replica = replica;
    this.#preferences = preferences;
    this.#awaited = options.follow;
    this.#options = options;
    this.#outline = options.outline(null);
    this.#drawn = options.drawn;
    this.#world = new World(/** @type {HTMLCanvasElement} */ (byId('world')), {
      reducedMotion: this.#isCalm(),
      background: options.transparent ? 'transparent' : 'sea',
      zoom: options.zoom,
      onFrame: () => this.#frame(),
      needTown: options.needTown,
    });
    this.#still.addEventListener('change', () => this.adapt());
    this.adapt();
  }

  /** Gets what else belongs to it; what happened until then is told to that. @param {Furniture} furniture */
  furnish(furniture) {
    this.furniture = furniture;
    furniture.lookout.setFree(this.#free);
    furniture.air.renew();
    furniture.air.mark();
    this.adapt();
    this.furnished(furniture);
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

  get lookout() {
    return this.furniture?.lookout;
  }

  /** Takes the viewer's choices over. */
  adapt() {
    const { choices } = this.#preferences;
    const calm = this.#isCalm();
    document.body.classList.toggle('calm', calm);
    this.#world.reducedMotion = calm;
    this.#world.hour = hourOf(choices.hour);
    const { season } = choices;
    const isCalendar = season === 'auto' || season === 'north' || season === 'south';
    this.#world.season = isCalendar ? null : season;
    this.#world.isSouth = season === 'auto' ? isSouthern(Intl.DateTimeFormat().resolvedOptions().timeZone) : season === 'south';
    this.furniture?.air.adapt(choices, calm);
    this.furniture?.lookout.adapt(choices, calm);
  }

  /** @param {Rect} free what of the view the frame leaves open */
  setFree(free) {
    this.#free = free;
    this.furniture?.lookout.setFree(free);
    this.furniture?.air.renew();
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

  /** The bridge listens: who is to be followed may be there without being listed. */
  seated() {
    if (this.#awaited) this.#options.find(this.#awaited);
  }

  // What happens in the room

  entered() {
    const { room, people, channels, counts, strangers, lively } = this.#replica;
    if (!room) return;
    if (room.slug !== this.slug) {
      this.#hush();
      this.#cut(room.slug);
    }
    const followed = room.slug === this.slug ? this.#world.following : null;
    if (followed && !people.get(followed)) this.#awaited = followed; // they may be one of many now
    this.slug = room.slug;
    this.#world.show({ id: room.id, channels: [...channels.values()], members: people.all(), counts, strangers, lively });
    this.meetAwaited();
    this.furniture?.air.mark();
  }

  left() {
    this.#hush();
    this.slug = '';
    this.#isThere = false;
    byId('world').classList.remove('leaving');
    this.#world.clear();
    this.furniture?.air.mark();
  }

  /** From one island to another there is the sea, and then what is known of it. @param {string} slug */
  #cut(slug) {
    this.#isThere = false;
    byId('world').classList.toggle('leaving', this.slug !== '');
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
    this.furniture?.air.clear();
    this.furniture?.lookout.clear();
  }

  rebuilt() {
    this.#world.setChannels([...this.#replica.channels.values()]);
    this.furniture?.air.mark();
    this.furniture?.lookout.hurry();
  }

  /** @param {Member} member */
  changed(member) {
    this.#world.change(member);
  }

  /** One's own figure doesn't do what was asked for. @param {string} code */
  balked(code) {
    this.furniture?.air.ring.refuse(code);
  }

  /** Closes what one's own figure can do. @returns {boolean} whether that was there */
  closeRing() {
    return this.furniture?.air.ring.close() ?? false;
  }

  // Inside

  #isCalm() {
    const { motion } = this.#preferences.choices;
    return motion === 'auto' ? this.#still.matches : motion === 'less';
  }

  /** Somebody takes the camera over: whom it followed is awaited no longer. */
  touched() {
    if (this.#awaited !== this.#options.follow) this.#awaited = null;
  }

  meetAwaited() {
    if (!this.#awaited || !this.#replica.people.get(this.#awaited)) return;
    this.#world.follow(this.#awaited);
    this.#awaited = null;
  }

  #frame() {
    const now = performance.now();
    const world = this.#world;
    this.#drawn();
    this.#drawn = () => {};
    if (!this.#isThere && this.slug && world.isHere) this.#arrive();
    if (!this.furniture) return;
    const { air, lookout } = this.furniture;
    lookout.frame(now, air.talking, this.own);
    air.frame(now, this.#free, lookout.signs, this.#replica.typing.keys(), lookout.pointed);
  }
}
