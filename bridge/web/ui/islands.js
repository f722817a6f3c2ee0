/**
 * The outlines of islands that were seen in this browser: until there is more to see, they stand in its place.
 *
 * @typedef {import('./layout.js').Rect} Rect
 * @typedef {{width: number, height: number, points: string, isTown: boolean}} Outline in pixels of art, as SVG writes points;
 *   `isTown`: whether there are houses
 */

import { byId, svg } from './dom.js';

const KEPT_AT = 'd-zone islands';
const MOST_KEPT = 12;
const DEFAULT = ''; // what was seen last where the address named none

export class Islands {
  #storage;
  #bridge;

  /** @param {Pick<Storage, 'getItem' | 'setItem'>} kept @param {string} bridge its address: others have guilds of the same name */
  constructor(kept, bridge) {
    this.#storage = kept;
    this.#bridge = bridge;
  }

  /** @param {string | null} slug null: the one that the bridge shows by itself @returns {Outline | null} */
  of(slug) {
    const all = this.#all;
    const named = slug ?? all[this.#key(DEFAULT)];
    const [width, height, points, isTown] = [all[this.#key(String(named))] ?? []].flat();
    const isOutline = width > 0 && height > 0 && /^[\d ,-]{9,4000}$/.test(points);
    return isOutline ? { width, height, points, isTown: isTown === true } : null;
  }

  /** @param {string} slug @param {Outline} outline @param {boolean} isDefault */
  keep(slug, { width, height, points, isTown }, isDefault) {
    const { [this.#key(slug)]: _, ...others } = this.#all;
    const kept = Object.entries(others).slice(-MOST_KEPT);
    this.#write({ ...Object.fromEntries(kept), ...(isDefault && { [this.#key(DEFAULT)]: slug }), [this.#key(slug)]: [width, height, points, isTown] });
  }

  /** It may not be shown any longer. @param {string | null} slug */
  forget(slug) {
    const all = this.#all;
    delete all[this.#key(slug ?? String(all[this.#key(DEFAULT)]))];
    this.#write(all);
  }

  /** @param {string} slug */
  #key(slug) {
    return `${this.#bridge} ${slug}`;
  }

  /** @returns {Record<string, any>} */
  get #all() {
    try {
      return { ...JSON.parse(this.#storage.getItem(KEPT_AT) ?? '{}') };
    } catch {
      return {}; // nothing we wrote, or a browser that keeps nothing
    }
  }

  /** @param {Record<string, any>} all */
  #write(all) {
    try {
      this.#storage.setItem(KEPT_AT, JSON.stringify(all));
    } catch {
      // Full or forbidden: the next visit begins with any island.
    }
  }
}

/** Draws an island where it will be. @param {Outline} outline @param {Rect} rect */
export function sketch({ width, height, points }, { left, top, right, bottom }) {
  const node = byId('silhouette');
  node.classList.add('known');
  node.setAttribute('viewBox', `0 0 ${width} ${height}`);
  node.style.cssText = `left:${left}px;top:${top}px;width:${right - left}px;height:${bottom - top}px`;
  node.replaceChildren(...['shoal', 'grass'].map((name) => {
    const shape = svg('polygon', name);
    shape.setAttribute('points', points);
    return shape;
  }));
}
