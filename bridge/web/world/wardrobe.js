/**
 * What everybody looks like: their colours under the light there is, and what is to be seen on them.
 *
 * @typedef {import('./light.js').Light} Light
 * @typedef {import('../guild/people.js').Member} Member
 */

import { ACCENTS, OWN, hatOf, ownColors } from './figures.js';
import { LEVELS } from './light.js';

/** Traits, as bits; from `HAT_SHIFT` on it is a number. */
export const BOT = 1;
const GRADED = 2;
export const BUILD = BOT | GRADED; // which of the bodies it is
export const FRESH = 4;
export const VOICE = 8;
export const MUTED = 16;
export const STREAMING = 32;
export const DND = 64;
export const HAT_SHIFT = 8;

const SKIN = LEVELS * OWN; // colours that one look has
const LOOKS_KEPT = 4096; // looks that are kept, where fewer people live: roles may change their colours all day

export class Wardrobe {
  /** Of each slot: where its colours begin. */
  skins = new Int32Array(0);
  /** Of each slot. */
  traits = new Uint16Array(0);
  colors = new Uint32Array(SKIN * 16);
  /** Looks by what makes them; the number is where their colours begin. @type {Map<string, number>} */
  #looks = new Map();
  /** @type {import('./color.js').Rgb[][]} */
  #owned = [];
  /** Whom each slot was dressed for. @type {(Member | undefined)[]} */
  #dressed = [];
  #light;

  /** @param {Light} light */
  constructor(light) {
    this.#light = light;
  }

  /** @param {Light} light */
  relight(light) {
    this.#light = light;
    this.#owned.forEach((_, look) => this.#color(look));
  }

  /** Others live here now. @param {number} slots */
  empty(slots) {
    this.#dressed = unknown(slots);
    this.skins = new Int32Array(slots);
    this.traits = new Uint16Array(slots);
  }

  /** @param {number} slots */
  #makeRoom(slots) {
    const { skins, traits } = this;
    this.skins = new Int32Array(slots);
    this.skins.set(skins);
    this.traits = new Uint16Array(slots);
    this.traits.set(traits);
    this.#dressed = [...this.#dressed, ...unknown(slots - this.#dressed.length)];
  }

  /** Makes sure that somebody looks as they are. @param {number} slot @param {Member | undefined} member @param {number} self */
  dress(slot, member, self) {
    if (this.#dressed[slot] === member || !member) return;
    if (slot >= this.skins.length) this.#makeRoom(slot * 2);
    this.#dressed[slot] = member;
    this.skins[slot] = this.#lookFor(member, self) * SKIN;
    this.traits[slot] = traitsOf(member) | (hatOf(self) << HAT_SHIFT);
  }

  /** @param {Member} member @param {number} self */
  #lookFor({ color, color2 }, self) {
    const key = `${color} ${color2} ${self % ACCENTS}`;
    let look = this.#looks.get(key);
    if (look === undefined) {
      if (this.#owned.length >= Math.max(LOOKS_KEPT, this.skins.length * 2)) {
        this.#looks.clear();
        this.#owned = [];
        this.#dressed = unknown(this.skins.length);
      }
      look = this.#owned.push(ownColors(color, self, color2)) - 1;
      this.#looks.set(key, look);
      this.#color(look);
    }
    return look;
  }

  /** @param {number} look */
  #color(look) {
    if ((look + 1) * SKIN > this.colors.length) {
      const more = new Uint32Array(this.colors.length * 2);
      more.set(this.colors);
      this.colors = more;
    }
    for (let level = 0; level < LEVELS; level++) {
      this.#owned[look].forEach((rgb, i) => { this.colors[look * SKIN + level * OWN + i] = this.#light.on(rgb, level); });
    }
  }
}

/** Nobody yet, with a place for each: an array that grows by leaps is kept as a table, and slow. @param {number} slots @returns {undefined[]} */
const unknown = (slots) => Array(slots).fill(undefined);

/** @param {Member} member */
function traitsOf({ bot, color, color2, fresh, voice, status }) {
  return (bot ? BOT : 0) | (color && color2 ? GRADED : 0) | (fresh ? FRESH : 0) | (status === 'dnd' ? DND : 0)
    | (voice ? VOICE : 0) | (voice?.streaming ? STREAMING : voice?.muted ? MUTED : 0);
}
