/**
 * What stands in the middle of a channel's place: what its name says, in three languages, or its kind; else by chance.
 *
 * @typedef {'well' | 'table' | 'easel' | 'stall' | 'oak' | 'fountain' | 'fire' | 'stage' | 'board'} Thing
 */

import { hash } from './random.js';

/** @type {Thing[]} */
const ANY = ['well', 'table', 'easel', 'stall', 'oak', 'fountain'];

/** @param {{id: string, name: string, kind: string}} channel @returns {Thing} */
export function propFor({ id, kind }) {
  if (kind === 'voice') return 'fire';
  if (kind === 'stage') return 'stage';
  if (kind === 'forum' || kind === 'news') return 'board';
  return ANY[hash(id) % ANY.length];
}
