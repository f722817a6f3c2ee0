/**
 * Fireworks over the square, and lanterns that rise: for some seconds, when there is something to celebrate. The page
 * fetches this after its first picture.
 *
 * @typedef {import('./buffer.js').Buffer} Buffer
 * @typedef {Pick<import('./draw.js').View, 'x' | 'y' | 'far'>} View
 */

import { fromLch, pack } from './color.js';
import { mix } from './random.js';

const ROCKET_EVERY = 0.36; // seconds from one rocket to the next
const LONG = 2.1; // seconds that one takes: up, and until the last spark is out
const UP = 0.3; // of that time
const SPARKS = 48;
const REACH = 60; // pixels of art
const ASIDE = 150; // pixels to each side of the square
const LANTERNS = 26;

const COLORS = [25, 70, 110, 160, 230, 300, 350].map((hue) => [
  pack(fromLch([0.97, 0.05, hue])), pack(fromLch([0.82, 0.15, hue])), pack(fromLch([0.62, 0.17, hue])),
]);
const GLOW = [pack(fromLch([0.95, 0.09, 85])), pack(fromLch([0.78, 0.16, 60])), pack(fromLch([0.62, 0.18, 40]))];

/**
 * @param {Buffer} buffer
 * @param {View} view
 * @param {number} since how many seconds it has gone on for
 * @param {number} left and how many it will
 * @param {boolean} isGreat whether there are lanterns as well
 */
export function drawFeast(buffer, view, since, left, isGreat) {
  const scale = view.far ? 0.5 : 1;
  const put = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ color) => {
    const column = Math.round(x * scale) - view.x;
    const row = Math.round(y * scale) - view.y;
    if (column >= 0 && row >= 0 && column < buffer.width && row < buffer.height) buffer.pixels[buffer.at(column, row)] = color;
  };
  const latest = Math.floor(since / ROCKET_EVERY);
  for (let i = Math.max(0, latest - Math.ceil(LONG / ROCKET_EVERY)); i <= latest; i++) {
    if (i * ROCKET_EVERY < since + left - LONG) drawRocket(i, (since - i * ROCKET_EVERY) / LONG, put);
  }
  if (isGreat) for (let i = 0; i < LANTERNS; i++) drawLantern(i, since, left, put);
}

/** @param {number} i @param {number} age from 0 to 1 @param {(x: number, y: number, color: number) => void} put */
function drawRocket(i, age, put) {
  if (age >= 1) return;
  const colors = COLORS[mix(i, 61) % COLORS.length];
  const x = (mix(i, 62) % (2 * ASIDE)) - ASIDE;
  const top = -90 - (mix(i, 63) % 80);
  if (age < UP) {
    const y = top * (1 - (1 - age / UP) ** 2);
    for (let tail = 0; tail < 5; tail++) put(x, y + tail, colors[Math.min(2, tail >> 1)]);
    return;
  }
  const out = (age - UP) / (1 - UP);
  const reach = REACH * (0.7 + (mix(i, 64) & 127) / 320) * (1 - (1 - out) ** 3);
  for (let spark = 0; spark < SPARKS; spark++) {
    if ((mix(i, spark, 65) & 255) / 256 < (out - 0.55) * 2.4) continue; // they go out one by one
    const ring = spark % 3 ? 1 : 0.55;
    const angle = (spark / SPARKS) * 2 * Math.PI + i;
    for (let tail = 3; tail >= 0; tail--) {
      const far = reach * ring * (1 - tail * 0.06);
      const sx = x + Math.cos(angle) * far;
      const sy = top + Math.sin(angle) * far * 0.9 + out * out * 20;
      const color = colors[Math.min(2, tail + (out > 0.6 ? 1 : 0))];
      put(sx, sy, color);
      put(sx + 1, sy, color);
      if (tail < 2) put(sx, sy + 1, color);
      if (tail < 2) put(sx + 1, sy + 1, color);
    }
  }
}

/** @param {number} i @param {number} since @param {number} left @param {(x: number, y: number, color: number) => void} put */
function drawLantern(i, since, left, put) {
  const start = (mix(i, 66) & 255) / 100;
  const age = since - start;
  if (age < 0 || (left < 2 && (mix(i, 67) & 255) / 128 > left)) return;
  const x = (mix(i, 68) % (2 * ASIDE)) - ASIDE + Math.sin(since * 0.8 + i) * 5 + age * 3;
  const y = (mix(i, 69) % 60) - 20 - age * (11 + (mix(i, 70) & 7));
  for (let dy = 0; dy < 5; dy++) for (let dx = dy && dy < 4 ? -1 : 0; dx < (dy && dy < 4 ? 3 : 2); dx++) put(x + dx, y + dy, GLOW[dy > 2 ? 0 : dy > 1 || dx > 0 ? 1 : 2]);
}
