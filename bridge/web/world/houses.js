/**
 * Houses, painted by code: walls with a window for each who lives there, and a roof in the colour of their role.
 *
 * @typedef {import('./sheet.js').Sprite} Sprite
 */

import { FLOORS } from './build.js';
import { AWAKE_INK, DIM_INK, INK, LIT_INK, PANE_INK, PLASTER_INK, RED_INK, STONE_INK, WHITE_INK, WOOD_INK } from './inks.js';
import { Sheet } from './sheet.js';

/** What a window tells. */
export const DARK = 0;
export const LIT = 1;
export const DIM = 2;
export const CURTAIN = 3;
export const AWAKE = 4; // by day

/** How many shades a roof has: none, its rim, four, and three for where snow lies. */
export const ROOF = 9;
export const ROOF_RIM = 1;
export const SHADE = 2; // the darkest of four
export const SNOWY = 6; // on the slope in the shade, on the other, and on what is flat

const WALL = 14; // pixels of each wall
const FLOOR = 5;
const SOCKLE = 3;
const EAVES = 10; // pixels that a gable is high
const HOUSE_W = 2 * WALL + 4;
const HOUSE_AXIS = HOUSE_W / 2;
/** Where windows are on each wall, from its outer edge. */
const SLOTS = [2, 6, 10];

/** @param {number} kind */
const wallHeight = (kind) => FLOORS[kind] * FLOOR + SOCKLE;
/** @param {number} kind */
const tall = (kind) => wallHeight(kind) + WALL + EAVES + 4;
/** The row of the ground where the two walls meet. @param {number} kind */
const footOf = (kind) => tall(kind) - 2;

/** How far above its lowest point a wall's foot is. @param {number} far pixels from where the walls meet */
const slant = (far) => far >> 1;

/**
 * @param {number} kind
 * @param {number[]} windows
 * @param {number} look which plaster
 * @returns {Sprite}
 */
export function paintWalls(kind, windows, look) {
  const sheet = new Sheet(HOUSE_W, tall(kind));
  const plaster = kind > 2 && look === 1 ? STONE_INK + 1 : PLASTER_INK[look];
  const foot = footOf(kind);
  const high = wallHeight(kind);
  for (let far = 0; far < WALL; far++) {
    const bottom = foot - slant(far);
    column(HOUSE_AXIS - 1 - far, bottom, 2);
    column(HOUSE_AXIS + far, bottom, 1);
  }
  windows.forEach((window, i) => putWindow(sheet, kind, i, window));
  const door = HOUSE_AXIS - 7; // on the left, which is lit
  for (let x = 0; x < 3; x++) sheet.rect(door + x, foot - slant(HOUSE_AXIS - 1 - door - x) - 5, 1, 5, WOOD_INK + (x ? 1 : 2));
  return sheet.outline(INK).sprite(HOUSE_AXIS, foot - WALL / 2);

  /** @param {number} x @param {number} bottom @param {number} shade */
  function column(x, bottom, shade) {
    sheet.rect(x, bottom - high, 1, high, plaster + shade).rect(x, bottom - 2, 1, 2, STONE_INK + shade).set(x, bottom - high, plaster);
    if (kind > 1) for (let floor = 1; floor < FLOORS[kind]; floor += 3) sheet.set(x, bottom - SOCKLE - floor * FLOOR, plaster + shade - 1);
  }
}

/** @param {Sheet} sheet @param {number} kind @param {number} i from the door up @param {number} window */
function putWindow(sheet, kind, i, window) {
  // the ground floor has one beside the door, and two around the corner
  const [floor, at] = i < 3 ? [0, [0, 4, 5][i]] : [1 + Math.floor((i - 3) / 6), (i - 3) % 6];
  const isLeft = at < 3;
  for (let dx = 0; dx < 2; dx++) {
    const far = isLeft ? WALL - 1 - SLOTS[at] - dx : SLOTS[at - 3] + dx;
    const x = isLeft ? HOUSE_AXIS - 1 - far : HOUSE_AXIS + far;
    const top = footOf(kind) - slant(far) - SOCKLE - floor * FLOOR - 3;
    putPane(sheet, x, top, window);
  }
}

/** A column of a window. @param {Sheet} sheet @param {number} x @param {number} top @param {number} window */
export function putPane(sheet, x, top, window, high = 3) {
  sheet.rect(x, top, 1, high, [PANE_INK, LIT_INK, DIM_INK, WHITE_INK + 2, AWAKE_INK][window]);
  if (window === DARK) sheet.set(x, top, PANE_INK + 1);
  if (window === CURTAIN) sheet.set(x, top + 1, RED_INK + 2);
}

/** Its inks are a roof's own. @param {number} kind @returns {Sprite} */
export function paintRoof(kind) {
  const sheet = new Sheet(HOUSE_W, tall(kind));
  const foot = footOf(kind);
  const eaves = foot - wallHeight(kind);
  if (kind < 3) gable(sheet, eaves);
  else terrace(sheet, eaves);
  return sheet.outline(ROOF_RIM).sprite(HOUSE_AXIS, foot - WALL / 2);
}

/** Four slopes to a point. @param {Sheet} sheet @param {number} eaves the row where the walls meet below it */
function gable(sheet, eaves) {
  const top = eaves - WALL / 2 - EAVES;
  for (let far = 0; far <= WALL; far++) {
    const low = eaves + 1 - slant(far);
    const high = top + Math.round((far / (WALL + 1)) * (EAVES + 1));
    for (let y = high; y <= low; y++) {
      const line = (y - eaves + slant(far)) & 3 ? 0 : 1; // tiles
      const isUp = !line && y - high < 5 + (far * 5) % 4;
      sheet.set(HOUSE_AXIS - 1 - far, y, isUp ? SNOWY + 1 : SHADE + 3 - line);
      sheet.set(HOUSE_AXIS + far, y, isUp ? SNOWY : SHADE + 1 - line);
    }
  }
}

/** Houses of each kind, with dark windows. @type {Sprite[][]} */
const paintedHouses = [];

/** Walls and roof; painted once. @param {number} kind */
export const paintHouse = (kind) => (paintedHouses[kind] ??= [paintWalls(kind, [], 0), paintRoof(kind)]);

/** Flat, with a parapet, inside of which snow stays. @param {Sheet} sheet @param {number} eaves */
function terrace(sheet, eaves) {
  for (let far = 0; far < WALL; far++) {
    const low = eaves - slant(far);
    const high = eaves - WALL + 1 + slant(far);
    for (const x of [HOUSE_AXIS - 1 - far, HOUSE_AXIS + far]) {
      const isLeft = x < HOUSE_AXIS;
      sheet.rect(x, high, 1, low - high + 1, SNOWY + 2);
      sheet.rect(x, low, 1, 5, SHADE + (isLeft ? 3 : 0)).set(x, high, SHADE + 1);
    }
  }
  sheet.rect(HOUSE_AXIS - 4, eaves - WALL / 2 - 5, 6, 5, SHADE + 1).rect(HOUSE_AXIS - 4, eaves - WALL / 2 - 5, 3, 5, SHADE + 3);
}
