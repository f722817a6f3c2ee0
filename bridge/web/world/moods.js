/**
 * What tells nothing and is nice to have: clouds that pass, gulls by day, fireflies by night.
 *
 * @typedef {import('./buffer.js').Buffer} Buffer
 * @typedef {import('./draw.js').View} View
 * @typedef {import('./land.js').Land} Land
 */

import { LAMP_INK } from './inks.js';
import { mix } from './random.js';

const CLOUDS = 4;
const GULLS = 4;
const FIREFLIES = 26;

/** Their shadows on the ground. @param {Buffer} buffer @param {Land} land @param {View} view */
export function drawClouds(buffer, land, view) {
  const scale = view.far ? 0.5 : 1;
  const { left, right, top, bottom } = land.bounds;
  const way = right - left + 400;
  for (let i = 0; i < CLOUDS; i++) {
    const x = left - 200 + ((mix(i, 1) + view.time * (5 + i)) % way);
    const y = top + ((mix(i, 2) >>> 3) % (bottom - top));
    for (let puff = 0; puff < 3; puff++) {
      const low = puff % 2;
      shade(buffer, view, (x + puff * 34) * scale - view.x, (y + low * 10) * scale - view.y, (46 - low * 10) * scale);
    }
  }
}

/** @param {Buffer} buffer @param {View} view @param {number} x @param {number} y @param {number} wide */
function shade(buffer, view, x, y, wide) {
  const { pixels, width, height } = buffer;
  const high = wide * 0.36;
  for (let row = Math.max(0, Math.ceil(y - high)); row < Math.min(height, y + high); row++) {
    const half = wide * Math.sqrt(Math.max(0, 1 - ((row - y) / high) ** 2));
    const out = buffer.at(0, row);
    for (let column = Math.max(0, Math.ceil(x - half)); column < Math.min(width, x + half); column++) {
      if ((row + view.y + column + view.x) & 1 && Math.abs(column - x) > half - 6) continue;
      const color = pixels[out + column];
      pixels[out + column] = (color & 0xff000000) | ((color & 0xffffff) - ((color >>> 4) & 0x0f0f0f));
    }
  }
}

/**
 * @param {Buffer} buffer
 * @param {Land} land
 * @param {View} view
 * @param {Record<string, any>} things
 * @param {Uint32Array} colors
 * @param {boolean} isNight
 */
export function drawCreatures(buffer, land, view, things, colors, isNight) {
  const scale = view.far ? 0.5 : 1;
  const { left, right, top, bottom } = land.bounds;
  const beat = Math.floor(view.time * 5);
  for (let i = 0; i < (isNight ? FIREFLIES : GULLS); i++) {
    const turn = view.time * (isNight ? 0.05 : 0.12) + i * 2.4;
    const reach = isNight ? 0.1 + (mix(i, 3) % 300) / 1000 : 0.5;
    const x = (left + right) / 2 + Math.cos(turn + i) * (right - left) * reach + Math.sin(turn * 3.1) * 30;
    const y = (top + bottom) / 2 + Math.sin(turn * 1.3 + i) * (bottom - top) * reach + Math.cos(turn * 2.3) * 14;
    const column = Math.round(x * scale) - view.x;
    const row = Math.round(y * scale) - view.y;
    if (!isNight) {
      buffer.put(things.gull[(beat + i) % 7 < 5 ? beat % 2 : 0], column, row - Math.round(40 * scale), colors, 0);
    } else if (column >= 0 && row >= 0 && column < buffer.width && row < buffer.height && (view.time * 0.6 + i * 0.37) % 1 < 0.6) {
      buffer.pixels[buffer.at(column, row)] = colors[LAMP_INK];
    }
  }
}
