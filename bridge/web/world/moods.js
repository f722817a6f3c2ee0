/**
 * What tells nothing and is nice to have: clouds that pass, gulls by day, fireflies by night, the light on the water,
 * rain and snow. The page fetches it after its first picture.
 *
 * @typedef {typeof moods} Moods
 * @typedef {import('./buffer.js').Buffer} Buffer
 * @typedef {import('./color.js').Rgb} Rgb
 * @typedef {import('./draw.js').View} View
 * @typedef {import('./land.js').Land} Land
 */

import { pack } from './color.js';
import { GRASS_INK, LAMP_INK, STONE_INK, WHITE_INK, YELLOW_INK } from './inks.js';
import { mix } from './random.js';
import { Sheet } from './sheet.js';

const CLOUDS = 4;
const GULLS = 4;
const FIREFLIES = 26;
const GLADE = 0.9; // how far down it reaches, of the land's height

/** What shines on the water: the hour that it begins, how bright, and whether it is to the left. @type {[number, Rgb, number, boolean][]} */
const SHINING = [
  [0, [0.86, 0.9, 1], 0.75, false],
  [5, [1, 0.8, 0.7], 0.7, false],
  [8, [1, 1, 1], 0, false],
  [17.25, [1, 0.86, 0.55], 0.7, true],
  [20.25, [0.86, 0.9, 1], 0, false],
  [21, [0.86, 0.9, 1], 0.75, false],
];

/** Their shadows on the ground. @param {Buffer} buffer @param {Land} land @param {View} view */
function drawClouds(buffer, land, view) {
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
 * Rain, or snow; before all else that is seen.
 *
 * @param {Buffer} buffer
 * @param {View} view
 * @param {'rain' | 'snow'} kind
 * @param {import('./light.js').Light} light
 */
function drawWeather(buffer, view, kind, light) {
  const { width, height, pixels } = buffer;
  const isRain = kind === 'rain';
  const drop = light.on(isRain ? [0.72, 0.82, 0.95] : [0.97, 0.98, 1], 0);
  const count = (width * height) / (isRain ? 1_600 : 900);
  for (let i = 0; i < count; i++) {
    const speed = isRain ? 240 + (mix(i, 51) & 63) : 14 + (mix(i, 51) & 15);
    const fall = mix(i, 52) % height + view.time * speed;
    const drift = isRain ? fall * 0.25 : Math.sin(view.time + i) * 5;
    let row = Math.floor(fall - view.y) % height;
    let column = Math.floor(mix(i, 53) % width - drift - view.x) % width;
    if (row < 0) row += height;
    if (column < 0) column += width;
    for (let long = isRain ? 5 : 1; long && row < height; long--, row++) {
      const at = buffer.at(column - (long >> 2), row);
      pixels[at] = isRain ? 0xff000000 | (((pixels[at] >>> 1) & 0x7f7f7f) + ((drop >>> 1) & 0x7f7f7f)) : drop;
    }
  }
}

/** The way of the low sun's light, or the moon's, over the water. @param {Buffer} buffer @param {Land} land @param {View} view @param {import('./light.js').Light} light */
function drawGlade(buffer, land, view, { hour, faded }) {
  const [, shine, strength, isLeft] = /** @type {[number, Rgb, number, boolean]} */ (SHINING.findLast(([at]) => at <= hour));
  if (faded || !strength) return;
  const color = pack(shine);
  const step = view.far ? 2 : 1;
  const { left, right, top, bottom } = land.bounds;
  const middle = isLeft ? left + (right - left) * 0.14 : right - (right - left) * 0.14;
  const ground = land.ground(step);
  const shimmer = view.moods ? view.time * 2.5 : 0;
  for (let row = 0; row < buffer.height; row++) {
    const y = row + view.y;
    const down = (y * step - top) / (bottom - top);
    if (down > GLADE) return;
    const wide = 26 + 40 * Math.max(0, down + 0.3);
    for (let i = 0; i < 3; i++) {
      const dice = mix(y, i, Math.floor(shimmer + (mix(y, i) & 255) / 256));
      if ((dice & 255) > 150 * strength * Math.min(1, (GLADE - down) * 2)) continue;
      const off = (((dice >>> 8) & 255) + ((dice >>> 16) & 255)) / 255 - 1; // more of it in the middle
      const from = Math.round((middle + off * wide) / step) - view.x;
      for (let x = Math.max(0, from); x < Math.min(buffer.width, from + 1 + ((dice >>> 24) & 7) / step); x++) {
        if (!ground.isSea(x + view.x, y)) continue;
        const at = buffer.at(x, row);
        buffer.pixels[at] = 0xff000000 | (((buffer.pixels[at] >>> 1) & 0x7f7f7f) + ((color >>> 1) & 0x7f7f7f));
      }
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
function drawCreatures(buffer, land, view, things, colors, isNight) {
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

/**
 * The same in winter: with snow on all that is uppermost. It has the ink of grass, which is white then.
 *
 * @param {import('./sheet.js').Sprite} sprite
 */
function snowed(sprite) {
  const { width, height } = sprite;
  const inks = sprite.inks.slice();
  for (let x = 0; x < width; x++) {
    let y = 0;
    while (y < height && !inks[y * width + x]) y += 1;
    const rim = inks[y * width + x];
    for (let deep = 1 + (mix(x, width) & 1); deep && y + 1 < height; deep--) {
      const at = (y + deep) * width + x;
      if (inks[at] && inks[at] !== rim) inks[at] = GRASS_INK[0] + (deep > 1 ? 2 : 4);
    }
  }
  return { ...sprite, inks };
}

/** @param {number} frame */
function gull(frame) {
  const sheet = new Sheet(15, 9);
  const rows = frame
    ? ['...............', '......ww.......', '.ggwwwwwwwwwgg.', 'gg...wwww....gg', '......yw.......']
    : ['gg...........gg', '.gww.......wwg.', '...wwwwwwwww...', '.....wwww......', '......yw.......'];
  return sheet.rows(0, 2, rows, { w: WHITE_INK + 3, g: STONE_INK + 1, y: YELLOW_INK + 1 }).sprite(7, 5);
}

/** All of them, and what they draw. */
/**
 * What falls from the sky in an hour: mostly nothing, for all who watch an island the same.
 *
 * @param {number} seed the island's
 * @param {number} hour since long ago
 * @param {import('./seasons.js').Season} season
 * @returns {'' | 'rain' | 'snow'}
 */
export function weatherAt(seed, hour, season) {
  if (mix(seed, hour, 41) % (season === 'summer' ? 24 : 10)) return '';
  return season === 'winter' ? 'snow' : 'rain';
}

export const moods = { gull: [gull(0), gull(1)], clouds: drawClouds, creatures: drawCreatures, glade: drawGlade, snowed, weather: drawWeather, weatherAt };
