/**
 * The small things in the air: dots over who types or has more to say than there is room for, reactions that rise.
 *
 * @typedef {import('./layout.js').Rect} Rect
 * @typedef {import('../world/whereabouts.js').Whereabouts} Whereabouts
 */

import { byId, make } from './dom.js';
import { emoji } from './emoji.js';
import { overlap } from './layout.js';

const MOST_DOTS = 40;
const MOST_REACTIONS = 24;
const RISE_MS = 2_600;
const APART = 4; // pixels between two over the same head
const PICTURED = /\p{Emoji_Presentation}|\p{Extended_Pictographic}|\u20e3/u;
const PILL = { half: 16, top: 20, bottom: 0 }; // of dots, about who they are of
const EDGE = 14; // pixels from the edge where who is out of view is hinted at

export class Sparks {
  #where;
  /** @type {Map<string, HTMLElement>} */
  #dots = new Map();
  /** `x`: how far beside the head; `half`: of its width. @type {Set<{uid: string, node: HTMLElement, x: number, half: number, until: number}>} */
  #reactions = new Set();
  calm = false;

  /** @param {Whereabouts} where */
  constructor(where) {
    this.#where = where;
  }

  /** @param {string} uid @param {string} name @param {string} picture its address, if it has one @param {number} now */
  react(uid, name, picture, now) {
    if (this.#reactions.size >= MOST_REACTIONS) return;
    const shown = make('span', this.calm ? '' : 'rising', picture ? emoji(name, picture) : name);
    shown.classList.toggle('spelled', !picture && !PICTURED.test(name));
    const node = make('span', 'reacting', shown);
    byId('air').append(node);
    const half = (shown.offsetWidth + APART) / 2;
    const x = this.#beside(uid, half);
    shown.style.marginLeft = `${x}px`;
    this.#reactions.add({ uid, node, x, half, until: now + RISE_MS });
  }

  /** What is over somebody's head. @param {string} uid */
  #over(uid) {
    return [...this.#reactions].filter((one) => one.uid === uid);
  }

  /** As near to somebody's head as there is none yet. @param {string} uid @param {number} half */
  #beside(uid, half) {
    const others = this.#over(uid);
    const spots = [0, ...others.flatMap((one) => [one.x - one.half - half, one.x + one.half + half])];
    const isFree = (/** @type {number} */ x) => others.every((one) => Math.abs(one.x - x) >= one.half + half);
    return spots.filter(isFree).sort((a, b) => Math.abs(a) - Math.abs(b))[0] ?? 0;
  }

  /**
   * @param {number} now
   * @param {Rect} free
   * @param {Iterable<string>} typing
   * @param {Iterable<string>} unheard
   * @param {Rect[]} signs
   */
  frame(now, free, typing, unheard, signs) {
    const writers = new Set(typing);
    const wanted = new Set([...writers, ...unheard].slice(0, MOST_DOTS));
    for (const [uid, node] of this.#dots) {
      if (wanted.has(uid)) continue;
      node.remove();
      this.#dots.delete(uid);
    }
    for (const uid of wanted) this.#dotsOf(uid).classList.toggle('writing', writers.has(uid));
    this.#putDots(writers, free, signs);
    for (const reaction of this.#reactions) {
      if (reaction.until > now) {
        const all = this.#over(reaction.uid);
        const left = Math.max(...all.map(({ x, half }) => half - x));
        const right = Math.max(...all.map(({ x, half }) => half + x));
        this.#put(reaction.node, reaction.uid, free, left, right);
      } else {
        reaction.node.remove();
        this.#reactions.delete(reaction);
      }
    }
  }

  /** Those of two crowds that stand in one spot are but one heap of dots: the first ones are seen, and of those who type. @param {Set<string>} writers @param {Rect} free @param {Rect[]} signs */
  #putDots(writers, free, signs) {
    /** @type {Rect[]} */
    const taken = [];
    for (const [uid, node] of [...this.#dots].sort(([a], [b]) => Number(writers.has(b)) - Number(writers.has(a)))) {
      const at = this.#put(node, uid, free);
      if (!at) continue;
      const rect = { left: at.x - PILL.half, right: at.x + PILL.half, top: at.y - PILL.top, bottom: at.y + PILL.bottom };
      const isFree = !taken.some((other) => overlap(rect, other)) && (writers.has(uid) || !signs.some((sign) => overlap(rect, sign)));
      if (isFree) taken.push(rect);
      else node.style.visibility = 'hidden';
    }
  }

  clear() {
    for (const { node } of this.#reactions) node.remove();
    this.#reactions.clear();
  }

  /** @param {string} uid */
  #dotsOf(uid) {
    let node = this.#dots.get(uid);
    if (!node) {
      node = make('span', 'dots', make('i'), make('i'), make('i'));
      this.#dots.set(uid, node);
      byId('air').append(node);
    }
    return node;
  }

  /**
   * @param {HTMLElement} node
   * @param {string} uid
   * @param {Rect} free
   * @param {number} [left] how far from its edges at the least
   * @param {number} [right]
   */
  #put(node, uid, free, left = EDGE, right = EDGE) {
    const head = this.#where.headOf(uid);
    const visibility = head ? 'visible' : 'hidden';
    if (node.style.visibility !== visibility) node.style.visibility = visibility;
    if (!head) return null;
    const x = Math.round(Math.max(free.left + left, Math.min(free.right - right, head.x)));
    const y = Math.round(Math.max(free.top + EDGE, Math.min(free.bottom - EDGE, head.y)));
    const transform = `translate(${x}px,${y}px)`;
    if (node.style.transform !== transform) node.style.transform = transform;
    return { x, y };
  }
}
