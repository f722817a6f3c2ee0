/** What stands on the land and off it only where there is a town: by the lighthouse, and in its harbour. */

import { INK, RED_INK, STONE_INK, WHITE_INK, WINDOW_INK, WOOD_INK } from './inks.js';
import { boat, hull, lighthouse } from './paint.js';
import { Sheet } from './sheet.js';

/** A low house that leans on the tower, behind its foot. @param {Sheet} sheet */
function keeper(sheet) {
  const house = new Sheet(sheet.width, sheet.height);
  house.box(39, 62, 18, 16, 0, 11, RED_INK, WHITE_INK + 2, WHITE_INK + 1);
  for (let y = 0; y < 9; y++) {
    for (let x = -17 + y; x < 18 - y; x++) house.set(39 + x, 47 + Math.round(Math.abs(x) / 2.4) - y + 4, RED_INK + (x < 0 ? 2 : 1) - (y & 1));
  }
  house.rect(30, 58, 3, 3, WINDOW_INK).rect(43, 58, 3, 3, WINDOW_INK).rect(35, 60, 3, 7, WOOD_INK + 1).rect(46, 38, 3, 6, STONE_INK + 2);
  house.inks.forEach((ink, i) => { if (ink && !sheet.inks[i]) sheet.inks[i] = ink; });
}

/** What unloads ships. */
function crane() {
  const sheet = new Sheet(40, 50);
  sheet.box(14, 42, 10, 10, 0, 8, WOOD_INK + 4, WOOD_INK + 2, WOOD_INK + 1);
  sheet.rect(12, 14, 4, 22, WOOD_INK + 2).rect(12, 14, 1, 22, WOOD_INK + 3);
  for (let x = 0; x < 22; x++) sheet.rect(14 + x, 14 - (x >> 1), 1, 3, WOOD_INK + 3);
  sheet.rect(34, 6, 1, 14, INK).rect(31, 20, 7, 6, WOOD_INK + 4).rect(31, 22, 7, 1, WOOD_INK + 1);
  return sheet.outline(INK).sprite(14, 44);
}

/** A small boat that nobody is in. */
function dinghy() {
  const sheet = new Sheet(30, 14);
  for (let y = 0; y < 7; y++) sheet.rect(2 + y, 4 + y, 25 - 2 * y, 1, WOOD_INK + (y < 2 ? 4 : y === 4 ? 1 : 2));
  return sheet.rect(6, 4, 17, 2, WOOD_INK).outline(INK).sprite(15, 8);
}

/** A boat with its side. @param {import('./sheet.js').Sprite} one @param {import('./sheet.js').Sprite} side @returns {import('./sheet.js').Sprite} */
const laden = (one, side) => ({ ...one, inks: one.inks.map((ink, i) => side.inks[i] || ink) });

/** By name, as in `paintThings`. */
export const paintHarbour = () => ({ kept: lighthouse(keeper), crane: crane(), moored: [laden(boat(), hull()), dinghy()] });

/** A city's boats, and a crane to unload them, in the water on both sides of the pier. @param {import('./terrain.js').Terrain} land @param {number} start of the pier */
export function addHarbour({ side, ground, props }, start) {
  const berths = [start + 3 - 4 * side, start + 6 - 3 * side, start + 4 + 5 * side, start + 1 + 4 * side];
  berths.forEach((cell, variant) => { if (!ground[cell]) props.push({ kind: 'moored', cell, variant }); });
  const crane = start + 3 - side;
  if (!ground[crane]) props.push({ kind: 'crane', cell: crane, variant: 0 });
}
