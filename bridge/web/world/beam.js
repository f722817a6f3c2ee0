/**
 * The beam of the lighthouse, by night.
 *
 * @typedef {{
 *   buffer: import('./buffer.js').Buffer, sim: import('./settlement.js').Settlement, land: import('./land.js').Land, view: import('./draw.js').View,
 *   backdrop: import('./backdrop.js').Backdrop, palette: import('./inks.js').Palette,
 * }} Light what it shines on
 * @typedef {{x: number, y: number, level: number, right: number, down: number}} Beam
 *   `x`, `y`: its source; `right`, `down`: how much farther along it, of all its length, is a pixel that way
 */

import { shiftOf } from './draw.js';
import { GRAIN, SEA, WHITE, seaRow } from './grain.js';
import { pack } from './color.js';
import { LEVELS } from './light.js';
import { HALF_HEIGHT, HALF_WIDTH, cellSpot } from './spots.js';

const BEAM_REACH = 46; // cells
const BEAM_FADES = 4; // it grows fainter over the last of so many parts of its length
const BEAM_WIDTHS = [0, 0.15, 0.067]; // of its length to each side: faint, good
const TWILIGHT = [5, 22]; // hours: between them the sky in the sea is brighter than water that a lamp lights
const SHEEN = (pack([1, 0.95, 0.75]) >>> 2) & 0x3f3f3f; // a quarter of it

/** Where a line meets a row. @param {{x: number, y: number}} from @param {{x: number, y: number}} to @param {number} row */
const crossing = (from, to, row) => from.x + ((row - from.y) / (to.y - from.y)) * (to.x - from.x);

/** A faint one, and a narrower one in it that is brighter. @param {Light} light */
export function drawBeam(light) {
  for (const level of [1, 2]) cast(light, level);
}

/**
 * A triangle of light.
 *
 * @param {Light} light
 * @param {number} level
 */
function cast(light, level) {
  const { buffer, sim, view } = light;
  const scale = view.far ? 0.5 : 1;
  const reach = BEAM_REACH * Math.SQRT2 * scale;
  const angle = view.beam * 2 * Math.PI;
  const spot = cellSpot(sim.land, sim.land.lighthouse, { x: 0, y: 0, z: 0 });
  const tip = { x: spot.x * scale - view.x, y: spot.y * scale - view.y };
  const ends = [-BEAM_WIDTHS[level], BEAM_WIDTHS[level]].map((wide) => ({
    x: tip.x + (Math.cos(angle) - wide * Math.sin(angle)) * reach * HALF_WIDTH,
    y: tip.y + (Math.sin(angle) + wide * Math.cos(angle)) * reach * HALF_HEIGHT,
  }));
  const [top, middle, bottom] = [tip, ...ends].sort((a, b) => a.y - b.y);
  const beam = { ...tip, level, right: Math.cos(angle) / (reach * HALF_WIDTH), down: Math.sin(angle) / (reach * HALF_HEIGHT) };
  for (let row = Math.max(0, Math.ceil(top.y)); row < Math.min(buffer.height, bottom.y); row++) {
    const straight = crossing(top, bottom, row);
    const bent = row < middle.y ? crossing(top, middle, row) : crossing(middle, bottom, row);
    relit(light, row, Math.min(straight, bent), Math.max(straight, bent), beam);
  }
}

/**
 * Draws a part of a row again, lit; frayed at its sides and where the beam ends.
 *
 * @param {Light} light
 * @param {number} row
 * @param {number} from
 * @param {number} to
 * @param {Beam} beam
 */
function relit({ buffer, land, view, backdrop, palette: { colors, light } }, row, from, to, { level, x: tip, y: source, right, down }) {
  const { left, top, width, height, levels, seaInks } = backdrop;
  const ground = land.ground(view.far ? 2 : 1);
  const inks = ground.pixels;
  const isTwilight = light.hour > TWILIGHT[0] && light.hour < TWILIGHT[1];
  const along = (row - source) * down - tip * right;
  const y = row + view.y;
  const line = y - top;
  const isSea = line < 0 || line >= height;
  const soft = Math.min(14, (to - from) / 3);
  const out = buffer.at(0, row);
  const grain = (line & (GRAIN - 1)) * GRAIN;
  const strip = seaRow(y);
  const shift = shiftOf(view, y);
  const last = Math.min(buffer.width, to);
  for (let column = Math.max(0, Math.ceil(from)); column < last; column++) {
    const x = column + view.x - left;
    const at = isSea || x < 0 || x >= width ? -1 : line * width + x;
    if (at >= 0 && levels[at] >= level && levels[at] < LEVELS) continue;
    const inside = Math.min((column - from) / soft, (to - column) / soft, BEAM_FADES * (1 - along - column * right));
    if (WHITE[grain | (x & (GRAIN - 1))] > 256 * inside) continue;
    const color = buffer.pixels[out + column];
    if (isTwilight && color && ground.isSea(column + view.x, y)) {
      buffer.pixels[out + column] = 0xff000000 | ((color & 0xffffff) - ((color >>> 2) & 0x3f3f3f) + SHEEN);
      continue;
    }
    const ink = at < 0 ? seaInks[strip + ((column + shift) & (SEA - 1))] : inks[at];
    buffer.pixels[out + column] = colors[(level << 8) | ink];
  }
}
