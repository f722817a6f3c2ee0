/**
 * The small people beside their words, as they stand on the land.
 *
 * @typedef {import('../roster.js').Member} Member
 */

import { icon, make, setIcon } from '../dom.js';

/** @param {HTMLCanvasElement} canvas @param {Member} member */
function portrait(canvas, member) {
  canvas.width = canvas.height = 22;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  pen.fillStyle = member.color ?? '#a89f93';
  pen.fillRect(5, 6, 12, 14);
  pen.fillStyle = '#123';
  pen.fillRect(8, 10, 1, 3);
  pen.fillRect(13, 10, 1, 3);
}

/** @param {Partial<Member>} look whatever matters of a member */
export function portraitOf(look) {
  const canvas = make('canvas', 'figure');
  canvas.setAttribute('aria-hidden', 'true');
  draw(canvas, look);
  return canvas;
}

/** @param {HTMLCanvasElement} canvas @param {Partial<Member>} look */
function draw(canvas, look) {
  portrait(canvas, { uid: '', name: '', fold: '', status: 'online', color: null, bot: false, voice: null, activity: '', reaction: '', ...look });
}

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
function looksOf({ color, bot, voice }) {
  return [color, bot, Boolean(voice), voice?.muted, voice?.streaming].join();
}
