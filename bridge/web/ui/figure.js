/**
 * The small people beside their words, as they stand on the land.
 *
 * @typedef {import('../guild/people.js').Member} Member
 */

import { icon, make, setIcon } from './dom.js';
import { portrait } from '../world/portrait.js';

/** @param {Partial<Member>} look whatever matters of a member @param {boolean} [all] with all that it carries */
export function portraitOf(look, all) {
  const canvas = make('canvas', 'figure');
  canvas.setAttribute('aria-hidden', 'true');
  draw(canvas, look, all);
  return canvas;
}

/** @type {Member} */
const NOBODY = {
  uid: '', name: '', fold: '', status: 'online', color: null, color2: null, bot: false, voice: null, activity: '', line: '', reaction: '', fresh: false,
};

/** @param {HTMLCanvasElement} canvas @param {Partial<Member>} look @param {boolean} [all] */
const draw = (canvas, look, all) => portrait(canvas, { ...NOBODY, ...look }, all);

/** A figure with its status: `pose` gives it one. */
export function person() {
  return make('span', 'person', make('canvas', 'figure'), icon('badge-online'));
}

/**
 * @param {Element} figure
 * @param {Member} member
 * @param {Member | undefined} before
 * @param {string} label the status in words
 */
export function pose(figure, member, before, label) {
  const [canvas, badge] = figure.children;
  setIcon(/** @type {SVGElement} */ (badge), `badge-${member.status}`, label);
  if (before && looksOf(before) === looksOf(member)) return;
  draw(/** @type {HTMLCanvasElement} */ (canvas), { ...member, status: 'online' });
}

/** @param {Member} member */
function looksOf({ color, color2, bot, voice }) {
  return [color, color2, bot, Boolean(voice), voice?.muted, voice?.streaming].join();
}
