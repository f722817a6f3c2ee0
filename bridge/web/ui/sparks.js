/**
 * The small things in the air: dots over who types or has more to say than there is room for, reactions that rise.
 *
 * @typedef {import('../layout.js').Rect} Rect
 * @typedef {import('../world.js').World} World
 */

import { byId, emoji, make } from '../dom.js';

const MOST_DOTS = 40;
const MOST_REACTIONS = 24;
const RISE_MS = 2_600;
const ASIDE = 30; // pixels between two over the same head
const ABREAST = 5;
const PICTURED = /\p{Emoji_Presentation}|\p{Extended_Pictographic}/u;
const EDGE = 14; // pixels from the edge where who is out of view is hinted at

export class Sparks {
  #world;
  /** @type {Map<string, HTMLElement>} */
  #dots = new Map();
  /** @type {Set<{uid: string, node: HTMLElement, until: number}>} */
  #reactions = new Set();
  calm = false;

  /** @param {World} world */
  constructor(world) {
    this.#world = world;
  }

  /** @param {string} uid @param {string} name @param {string} picture its address, if it has one @param {number} now */
  react(uid, name, picture, now) {
    if (this.#reactions.size >= MOST_REACTIONS) return;
    const shown = make('span', this.calm ? '' : 'rising', picture ? emoji(name, picture) : name);
    shown.classList.toggle('spelled', !picture && !PICTURED.test(name));
    const node = make('span', 'reacting', shown);
    const before = [...this.#reactions].filter((one) => one.uid === uid).length % ABREAST;
    node.style.setProperty('--beside', `${ASIDE * Math.ceil(before / 2) * (before % 2 ? 1 : -1)}px`);
    byId('air').append(node);
    this.#reactions.add({ uid, node, until: now + RISE_MS });
  }

  /**
   * @param {number} now
   * @param {Rect} free
   * @param {Iterable<string>} typing
   * @param {Iterable<string>} unheard
   */
  frame(now, free, typing, unheard) {
    const writers = new Set(typing);
    const wanted = new Set([...writers, ...unheard].slice(0, MOST_DOTS));
    for (const [uid, node] of this.#dots) {
      if (wanted.has(uid)) continue;
      node.remove();
      this.#dots.delete(uid);
    }
    for (const uid of wanted) this.#dotsOf(uid).classList.toggle('writing', writers.has(uid));
    for (const [uid, node] of this.#dots) this.#put(node, uid, free);
    for (const reaction of this.#reactions) {
      if (reaction.until > now) {
        this.#put(reaction.node, reaction.uid, free);
      } else {
        reaction.node.remove();
        this.#reactions.delete(reaction);
      }
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

  /** @param {HTMLElement} node @param {string} uid @param {Rect} free */
  #put(node, uid, free) {
    const head = this.#world.headOf(uid);
    const visibility = head ? 'visible' : 'hidden';
    if (node.style.visibility !== visibility) node.style.visibility = visibility;
    if (!head) return;
    const x = Math.round(Math.max(free.left + EDGE, Math.min(free.right - EDGE, head.x)));
    const y = Math.round(Math.max(free.top + EDGE, Math.min(free.bottom - EDGE, head.y)));
    const transform = `translate(${x}px,${y}px)`;
    if (node.style.transform !== transform) node.style.transform = transform;
  }
}
