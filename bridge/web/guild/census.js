/**
 * How many there are of each colour and status, where a bridge tells of a crowd by number; and whom of it one knows.
 *
 * @typedef {import('./people.js').People} People
 * @typedef {import('./people.js').Status} Status
 * @typedef {{color: string, counts: number[]}} Tenants `color`: of their names, empty for none; `counts`: by status
 */

import { label, number, record } from './parse.js';
import { STATUSES } from './people.js';

const MOST_COLORS = 300; // colours; a bridge tells fewer apart
const COLORLESS = '';

const zeros = () => STATUSES.map(() => 0);

export class Census {
  /** By what a bridge calls them. @type {Map<string, {color: string, counts: number[], names: unknown}>} */
  told = new Map();
  /** Whether there is anybody beside those who are listed. */
  isTaken = false;
  /** Grows with each change. */
  revision = 0;
  /** All of them, by status. */
  totals = zeros();
  /** Who did something, whoever did it last at the end. @type {Set<string>} */
  #noted = new Set();

  clear() {
    this.told.clear();
    this.#noted.clear();
    this.totals = zeros();
    this.isTaken = false;
    this.revision += 1;
  }

  /** @param {unknown} told some neighbourhoods @param {boolean} [isAll] whether there are no others */
  take(told, isAll = false) {
    if (isAll) this.told.clear();
    this.isTaken ||= isAll;
    this.revision += 1;
    for (const one of Array.isArray(told) ? told.map(record) : []) {
      const key = label(one.roleColor);
      if (this.told.size >= MOST_COLORS && !this.told.has(key)) continue;
      this.told.set(key, {
        color: /^#(?!f{6})[0-9a-f]{6}$/i.test(key) ? key : COLORLESS, // as members have it
        counts: STATUSES.map((status) => Math.max(0, Math.floor(number(one[status])))),
        names: one.roleNames,
      });
    }
    this.totals = zeros();
    for (const { counts } of this.told.values()) counts.forEach((count, i) => { this.totals[i] += count; });
  }

  /** How many there are. */
  get size() {
    return this.totals.reduce((sum, count) => sum + count, 0);
  }

  /** How many of them are anything but offline. */
  get present() {
    return this.size - this.totals[STATUSES.indexOf('offline')];
  }

  /** Those whom one doesn't know. @param {People} people @returns {Tenants[]} */
  strangers(people) {
    /** @type {Map<string, number[]>} */
    const left = new Map();
    for (const { color, counts } of this.told.values()) {
      const before = left.get(color);
      left.set(color, before ? before.map((count, i) => count + counts[i]) : [...counts]);
    }
    for (const [color, known] of people.colors) {
      const counts = left.get(color) ?? left.get(COLORLESS);
      if (counts) known.forEach((count, i) => { counts[i] = Math.max(0, counts[i] - count); });
    }
    return [...left].map(([color, counts]) => ({ color, counts }));
  }

  /** Somebody did something. @param {string} uid */
  note(uid) {
    this.#noted.delete(uid);
    this.#noted.add(uid);
  }

  /** @param {string} uid */
  forget(uid) {
    this.#noted.delete(uid);
  }

  /** Who did nothing for longest. @returns {Iterable<string>} */
  quietest() {
    return this.#noted;
  }
}
