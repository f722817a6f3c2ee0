/**
 * Somebody's picture for beside their words: the figure that stands on the land.
 *
 * @typedef {import('../guild/people.js').Member} Member
 */

import { EYES_OPEN, REST, SHUT, hatOf, ownColors, paintFigures } from './figures.js';
import { Light } from './light.js';
import { hash } from './random.js';

const HEAD = 24; // pixels: the figure alone
const ALL = 34; // with what it carries and wears

/** What somebody carries and wears beside their clothes. @param {Member} member */
function marksOf({ status, voice, fresh }) {
  const names = [];
  if (voice?.muted) names.push('muted');
  if (voice?.streaming) names.push('camera');
  if (fresh) names.push('leaf');
  if (status === 'dnd') names.push('stop');
  if (status === 'idle') names.push('doze');
  if (status === 'offline') names.push('doze', 'deepDoze');
  return names;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Member} member
 * @param {boolean} [all] with the marks of status, voice and newness
 */
export function portrait(canvas, member, all = false) {
  const figures = paintFigures();
  const { marks } = figures;
  const size = all ? ALL : HEAD;
  const foot = size - 2;
  canvas.width = canvas.height = size;
  const self = hash(member.uid);
  const light = new Light(12, false);
  const colors = ownColors(member.color, self, member.color2).map((rgb) => light.on(rgb, 0));
  const parts = [figures.bodies[(member.bot ? 1 : 0) + (member.color && member.color2 ? 2 : 0)][REST], figures.faces[0]?.[all && (member.status === 'idle' || member.status === 'offline') ? SHUT : EYES_OPEN]];
  parts.push(member.bot ? marks.antenna : figures.hats[hatOf(self)][0]);
  if (member.voice) parts.push(marks.headphones);
  if (all) parts.push(...marksOf(member).map((name) => marks[name]));
  const pixels = new Uint32Array(size * size);
  for (const part of parts) {
    if (!part) continue;
    part.inks.forEach((ink, i) => {
      const x = (i % part.width) - part.x + size / 2;
      const y = ((i / part.width) | 0) - part.y + foot;
      if (ink && x >= 0 && y >= 0 && x < size && y < size) pixels[y * size + x] = colors[ink];
    });
  }
  canvas.getContext('2d')?.putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), size), 0, 0);
}
