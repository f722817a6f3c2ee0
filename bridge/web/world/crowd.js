/**
 * Everyone's numbers, a list for each kind of number: who is at which place in the lists is their slot.
 *
 * @typedef {import('../guild/people.js').Member} Member
 */

import { hash } from './random.js';

export const RATE = 60; // steps a second

/** What somebody is doing. */
export const GONE = 0;
export const STAND = 1;
export const WALK = 2;
export const SIT = 3;
export const DOZE = 4;
export const TENT = 5;
export const ABOARD = 6;

/** Nobody, nothing, nowhere. */
export const NONE = -1;

export class Crowd {
  /** How many steps there have been. */
  tick = 0;
  /** One more than the highest slot in use. */
  size = 0;
  /** @type {Map<string, number>} */
  slots = new Map();
  /** @type {(Member | undefined)[]} */
  members = [];
  state = new Uint8Array(0);
  cell = new Int32Array(0);
  /** The cell that a hop began at. */
  from = new Int32Array(0);
  /** How far a hop has come, from 0 to 1. */
  hop = new Float32Array(0);
  /** Whether a hop is a fade, and which. */
  fading = new Uint8Array(0);
  /** Where they look: an index into `STEPS`. */
  facing = new Uint8Array(0);
  /** Where they are going or have come to: a destination of `Routes`, or none. */
  goal = new Int32Array(0);
  /** The cell that a stroll ends at, or that they have chosen at their goal. */
  target = new Int32Array(0);
  /** How often the way was blocked. */
  tries = new Uint8Array(0);
  /** How often they have chosen a cell at their goal. */
  choices = new Uint8Array(0);
  /** The step that they think again at. */
  due = new Float64Array(0);
  stayUntil = new Float64Array(0);
  talkUntil = new Float64Array(0);
  /** What they do where they stand, and the step that it ends at. */
  gesture = new Uint8Array(0);
  gestureUntil = new Float64Array(0);
  /** Until when they sit by their own wish, if they don't move before. */
  sitsUntil = new Float64Array(0);
  /** Whether they are on their way off the island. */
  leaving = new Uint8Array(0);
  /** A number of their own: for looks, and so that no two are in step. */
  self = new Uint32Array(0);
  tent = new Int32Array(0);
  /** The house they live in. */
  home = new Int32Array(0);
  /** The first `movers` of them are the slots of those who walk. */
  moving = new Int32Array(0);
  movers = 0;
  /** Where among them one is. */
  rank = new Int32Array(0);
  /** @type {number[]} */
  #free = [];
  /** The names of the lists above, which have a number for each slot. */
  #lists;

  constructor() {
    this.#lists = Object.entries(this).filter(([, list]) => ArrayBuffer.isView(list)).map(([name]) => name);
  }

  get people() {
    return this.slots.size;
  }

  /** @param {string} uid */
  slotOf(uid) {
    return this.slots.get(uid) ?? NONE;
  }

  /** @param {Member} member */
  enter(member) {
    const slot = this.#free.pop() ?? this.size++;
    if (slot >= this.state.length) this.#makeRoom();
    this.slots.set(member.uid, slot);
    this.members[slot] = member;
    this.self[slot] = hash(member.uid);
    this.facing[slot] = this.self[slot] % 8;
    this.cell[slot] = this.from[slot] = this.tent[slot] = this.home[slot] = this.goal[slot] = this.target[slot] = NONE;
    this.hop[slot] = this.leaving[slot] = this.fading[slot] = this.tries[slot] = this.choices[slot] = this.due[slot] = 0;
    this.stayUntil[slot] = this.talkUntil[slot] = this.gestureUntil[slot] = this.sitsUntil[slot] = -Infinity;
    return slot;
  }

  /** @param {number} slot */
  exit(slot) {
    this.slots.delete(this.members[slot]?.uid ?? '');
    this.members[slot] = undefined;
    this.state[slot] = GONE;
    this.due[slot] = 0;
    this.#free.push(slot);
  }

  #makeRoom() {
    const more = Math.max(64, this.state.length * 2);
    for (const name of this.#lists) {
      const list = /** @type {Record<string, any>} */ (this)[name];
      const longer = new list.constructor(more);
      longer.set(list);
      Object.assign(this, { [name]: longer });
    }
  }
}
