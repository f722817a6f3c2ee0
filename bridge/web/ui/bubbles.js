/**
 * All that is being said, in the air over those who say it.
 *
 * @typedef {import('./layout.js').Rect} Rect
 * @typedef {import('../world/whereabouts.js').Whereabouts} Whereabouts
 */

import { byId } from './dom.js';
import { arrange, overlap } from './layout.js';
import { Bubble } from './bubble.js';

const SPELLED_MS = 45; // between looks for letters to appear: each time the page is laid out anew
const GLIDE_MS = 32; // after which half of the way to their spots is behind them, however many frames that takes
const RENEWED_MS = 120; // between two looks at what is said, which may be more than anybody reads
const ARRANGED_MS = 80; // between two looks at where each had better stand
const A_STEP = 12; // pixels that nobody sees as a way
const WAIT_MS = 600; // until one is shown that finds others in its way
const WAIT_FRAMES = 9; // of them at the least
const AREA = 55_000; // square pixels of free view that one bubble needs
const TWO_ACROSS = 440; // pixels: in a narrower view none has room beside another, and each needs more
const WIDE_SCALE = 3; // CSS pixels for one of art: from farther away bubbles are narrower
const TIGHT = 200; // pixels: in a lower view they say less
const PLATES = '#camera, .documents'; // that lie over the world and had better be no bubble's place
const LIMITS = { calm: 4, normal: 12, lively: 18 };

export class Bubbles {
  #words;
  #where;
  #talk;
  /** @type {Map<number, Bubble>} */
  #bubbles = new Map();
  // Who has words that found no room.
  /** @type {Set<string>} */
  #crowdedOut = new Set();
  // Who speaks out of view, or would hide too much of the land.
  /** @type {Set<string>} */
  #away = new Set();
  /** @type {Set<Bubble>} */
  #roomless = new Set();
  /** What has been read, and still fades. @type {Set<Bubble>} */
  #leaving = new Set();
  /** Whether there is room for all only if they cover one another. */
  #isTight = false;
  #scale = 0;
  #corner = { x: 0, y: 0 }; // of the land
  /** Where they may stand, as it was looked for what lies over it. @type {Rect | null} */
  #free = null;
  /** @type {Rect[]} */
  #plates = [];
  #stale = false;
  #renewedAt = -Infinity;
  #arrangedAt = 0;
  #spelledAt = 0;
  #stoodAt = 0;
  #sizes = new ResizeObserver((entries) => {
    for (const { target, borderBoxSize: [size] } of entries) {
      this.#of(target)?.resize(size.inlineSize, size.blockSize);
    }
    this.#arrangedAt = 0;
    this.#isTight = false;
  });
  calm = false;
  /** What bubbles had better not cover. @type {Rect[]} */
  signs = [];
  /** @type {keyof typeof LIMITS} */
  density = 'normal';

  /**
   * @param {import('../words.js').AllWords} words
   * @param {Whereabouts} where
   * @param {import('./talk.js').Talk} talk
   */
  constructor(words, where, talk) {
    this.#words = words;
    this.#where = where;
    this.#talk = talk;
  }

  /** Whose words can't be shown now: dots stand for them. */
  get unheard() {
    return [...this.#crowdedOut, ...this.#away];
  }

  /** Looks anew for what is said, and for how much of it there is room. @param {boolean} [isUrgent] whether some of it may not be shown any longer */
  renew(isUrgent = false) {
    this.#stale = true;
    if (isUrgent) this.#renewedAt = -Infinity;
  }

  /** Who is heard, and seen to be who speaks. */
  get talking() {
    return new Set([...this.#bubbles.values()].filter(({ isApart }) => !isApart).map(({ message }) => message.uid));
  }

  /** What may not be shown any longer doesn't fade. */
  clear() {
    this.#bubbles.clear();
    this.#leaving.clear();
    this.#roomless.clear();
    this.#sizes.disconnect();
    byId('air').querySelectorAll('.bubble, .tail, .thread').forEach((part) => part.remove());
    this.#stale = true;
  }

  /**
   * @param {number} now
   * @param {Rect} free where bubbles may stand
   */
  frame(now, free) {
    const air = byId('air').classList;
    air.toggle('afar', this.#where.scale < WIDE_SCALE);
    air.toggle('tight', free.bottom - free.top < TIGHT);
    if (free !== this.#free) this.#plates = [...document.querySelectorAll(PLATES)].map((plate) => plate.getBoundingClientRect());
    this.#free = free;
    if (this.#talk.fade(now)) this.#stale = true;
    if (this.#stale && now - this.#renewedAt > RENEWED_MS) {
      this.#renewedAt = now;
      this.#renew(free);
    }
    const isZoomed = this.#scale !== this.#where.scale; // then all is elsewhere at once
    this.#scale = this.#where.scale;
    this.#lookUp(isZoomed);
    if (isZoomed || now - this.#arrangedAt > ARRANGED_MS || this.#areCrossing()) this.#arrange(now, free);
    const spells = now - this.#spelledAt > SPELLED_MS;
    if (spells) this.#spelledAt = now;
    const ease = isZoomed ? 1 : 1 - 0.5 ** ((now - this.#stoodAt) / GLIDE_MS);
    this.#stoodAt = now;
    for (const bubble of this.#bubbles.values()) {
      if (spells) bubble.type(now - bubble.born);
      const { answers, uid } = bubble.message;
      const to = answers && answers !== uid ? this.#where.headOf(answers) : null;
      bubble.stand(to?.visible ? to : null, ease);
    }
    this.#reveal(now, free);
  }

  /** @param {Rect} free */
  #renew(free) {
    this.#stale = false;
    const width = free.right - free.left;
    const room = Math.floor((width * (free.bottom - free.top)) / (width < TWO_ACROSS ? AREA * 1.5 : AREA));
    const { bubbles, dots } = this.#talk.shown(Math.max(1, Math.min(LIMITS[this.density], room)));
    this.#crowdedOut = dots;
    const wanted = new Set(bubbles.map(({ words }) => words.message.key));
    for (const [key, bubble] of this.#bubbles) if (!wanted.has(key)) this.#remove(key, bubble);
    for (const shown of bubbles) this.#bubbleFor(shown).show(shown);
    this.#arrangedAt = 0;
  }

  /** @param {import('./talk.js').Bubble} shown */
  #bubbleFor({ words: { message, born } }) {
    let bubble = this.#bubbles.get(message.key);
    if (!bubble) {
      bubble = new Bubble(this.#words, message, born, this.calm);
      this.#bubbles.set(message.key, bubble);
      byId('air').append(...bubble.parts);
      this.#sizes.observe(bubble.node);
    }
    return bubble;
  }

  /** @param {number} key @param {Bubble} bubble */
  #remove(key, bubble) {
    this.#bubbles.delete(key);
    this.#roomless.delete(bubble);
    this.#sizes.unobserve(bubble.node);
    if (bubble.isShown) this.#leaving.add(bubble);
    bubble.leave(!document.hidden);
  }

  /** Finds everybody's head; who is unknown speaks from the sign of their channel. @param {boolean} isZoomed */
  #lookUp(isZoomed) {
    const { left, top } = this.#where.landRect;
    const shift = isZoomed ? null : { x: left - this.#corner.x, y: top - this.#corner.y };
    this.#corner = { x: left, y: top };
    const isAfar = this.#scale < WIDE_SCALE; // who walks there doesn't push others' words about
    for (const bubble of this.#bubbles.values()) {
      const head = this.#headOf(bubble);
      if (head) bubble.keepTo(head, shift, isAfar);
    }
  }

  /** @param {Bubble} bubble */
  #headOf({ message: { uid, placeId } }) {
    return this.#where.headOf(uid) ?? this.#where.signOf(placeId);
  }

  /** Shows those who can be seen and have room; one that comes waits until what makes room for it is out of its way. @param {number} now @param {Rect} free */
  #reveal(now, free) {
    this.#away.clear();
    for (const bubble of this.#leaving) if (!bubble.node.isConnected) this.#leaving.delete(bubble);
    for (const bubble of this.#bubbles.values()) {
      const head = this.#headOf(bubble);
      const isInView = Boolean(head?.visible && isNear(head, free)); // not behind what lies beside the world
      if (head && (!isInView || this.#roomless.has(bubble))) this.#away.add(bubble.message.uid);
      const isWanted = bubble.ready && !(bubble.isTurning && !bubble.isShown) && bubble.offset !== null && isInView;
      const waits = isWanted && !bubble.isShown && this.#isBlocked(bubble);
      bubble.waited = waits ? bubble.waited + 1 : 0;
      if (bubble.waited === 1) bubble.waitsSince = now;
      const isEnough = bubble.waited > WAIT_FRAMES && now - bubble.waitsSince > WAIT_MS;
      bubble.reveal(isWanted && (!waits || isEnough));
    }
  }

  /** Whether others are still where one would stand. @param {Bubble} bubble */
  #isBlocked({ rect }) {
    return [...this.#bubbles.values(), ...this.#leaving].some((other) => other.isShown && overlap(rect, other.rect));
  }

  /** Whether others are on the way to where one shall stand. @param {Bubble} bubble */
  #isBetween(bubble) {
    const { rect, goal } = bubble;
    if (Math.hypot(goal.left - rect.left, goal.top - rect.top) < A_STEP) return false;
    const way = {
      left: Math.min(rect.left, goal.left), right: Math.max(rect.right, goal.right),
      top: Math.min(rect.top, goal.top), bottom: Math.max(rect.bottom, goal.bottom),
    };
    return [...this.#bubbles.values()].some((other) => other !== bubble && other.isShown && (overlap(way, other.rect) || overlap(way, other.goal)));
  }

  /** Whether some would cover one another, as those who speak have moved. */
  #areCrossing() {
    if (this.#isTight) return false;
    const standing = [...this.#bubbles.values()].filter(({ isShown, offset }) => isShown && offset);
    return standing.some((one, i) => standing.slice(i + 1).some((other) => overlap(one.goal, other.goal)));
  }

  /** @param {number} now @param {Rect} free */
  #arrange(now, free) {
    this.#arrangedAt = now;
    const standing = [...this.#bubbles.values()].filter(({ ready, anchor }) => ready && isNear(anchor, free));
    standing.sort((a, b) => b.born - a.born);
    const spots = arrange(standing, free, this.signs, this.#where.landRect, this.#plates);
    this.#roomless = new Set(standing.filter((_, index) => !spots[index]));
    for (const [index, bubble] of standing.entries()) bubble.offset = spots[index];
    for (const bubble of standing) if (bubble.isShown && bubble.offset && this.#isBetween(bubble)) bubble.reveal(false); // it goes there unseen
    this.#isTight = false;
    this.#isTight = this.#areCrossing();
  }

  /** @param {Element} node */
  #of(node) {
    for (const bubble of this.#bubbles.values()) if (bubble.node === node) return bubble;
    return undefined;
  }
}

/** @param {import('./layout.js').Point} point @param {Rect} rect */
function isNear({ x, y }, { left, top, right, bottom }) {
  return x > left - 40 && x < right + 40 && y > top - 40 && y < bottom + 40;
}
