/**
 * What somebody does where they stand when they say it without words.
 *
 * @typedef {{x: number, z: number, pose: number, turn: number, isShut: boolean}} Motion
 *   `x`: how far to the right, `z`: how high, in pixels of art; `turn`: eighths of a turn; `isShut`: of the eyes
 */

import { RATE } from './crowd.js';
import { BREATHING, REST, SITTING, SQUASHED, STRETCHED } from './figures.js';

export const GESTURE_S = 2.4; // seconds that one takes

/** What there is; a number stands for each, and 0 for none. */
export const GESTURES = ['', 'hop', 'wave', 'heart', 'laugh', 'dance', 'party', 'cry', 'sleep', 'nod', 'shake', 'sit'];

/** Those that people may have their own figure do. */
export const OWN_GESTURES = ['wave', 'hop', 'sit'];

/** @param {number} z */
const leap = (z) => (z > 5 ? STRETCHED : z < 1.5 ? SQUASHED : REST);

/** @param {number} often @param {number} high @param {number} age */
const bounce = (often, high, age) => Math.abs(Math.sin(age * often)) * high;

/** @param {number} age @param {number} often */
const isUp = (age, often) => Math.floor(age * often) % 2 > 0;

/** @type {Record<string, (age: number) => Partial<Motion>>} */
const MOTIONS = {
  hop: (age) => ({ z: bounce(6.5, 9, age), pose: leap(bounce(6.5, 9, age)) }),
  wave: (age) => ({ x: Math.sin(age * 10) * 1.6, pose: isUp(age, 5) ? STRETCHED : REST }),
  heart: (age) => ({ z: bounce(4, 6, age), pose: leap(bounce(4, 6, age)), isShut: true }),
  laugh: (age) => ({ z: bounce(14, 3, age), pose: isUp(age, 9) ? SQUASHED : STRETCHED, isShut: true }),
  dance: (age) => ({ x: Math.sin(age * 6.5) * 4, z: bounce(13, 3, age), turn: isUp(age, 2) ? 2 : -2 }),
  party: (age) => ({ z: bounce(6.5, 10, age), turn: Math.floor(age * 9), pose: leap(bounce(6.5, 10, age)) }),
  cry: (age) => ({ x: Math.sin(age * 30), pose: SQUASHED, isShut: true }),
  sleep: () => ({ pose: SITTING, isShut: true }),
  nod: (age) => ({ pose: isUp(age, 4) ? SQUASHED : BREATHING }),
  sit: () => ({ pose: SITTING }),
  shake: (age) => ({ x: Math.sin(age * 16) * 1.4, turn: isUp(age, 5) ? 1 : -1 }),
};

/** @param {number} kind one of `GESTURES` @param {number} age in seconds @returns {Motion} */
export function motionOf(kind, age) {
  return { x: 0, z: 0, pose: REST, turn: 0, isShut: false, ...MOTIONS[GESTURES[kind]](age) };
}

/**
 * Somebody does something where they stand.
 *
 * @param {import('./world.js').World} world
 * @param {string} uid
 * @param {string} kind
 * @returns {boolean} false: nobody would see it
 */
export function gesticulate(world, uid, kind) {
  if (!world.stir(uid)) return false;
  const { sim } = world;
  const slot = sim.slotOf(uid);
  if (slot < 0 || !world.isOut(slot)) return false;
  sim.gesture[slot] = GESTURES.indexOf(kind);
  sim.gestureUntil[slot] = sim.tick + GESTURE_S * RATE;
  return true;
}
