/**
 * Huts of a village, painted by code: of logs or half-timbered, with a gable to one side and a chimney that smokes where
 * somebody is awake. The roof has the colour of those who live there, or is of straw.
 *
 * @typedef {import('./buffer.js').Buffer} Buffer
 * @typedef {import('./sheet.js').Sprite} Sprite
 */

import { ROOF_RIM, SHADE, SNOWY, putPane } from './houses.js';
import { INK, PLASTER_INK, STONE_INK, WOOD_INK, YELLOW_INK } from './inks.js';
import { Sheet } from './sheet.js';

/** The colour of straw. */
export const THATCH = '#b09a68';

const SIDE_WALL = 10; // pixels of each wall
const TO_EAVES = 7; // pixels up to the eaves, and from there to the ridge
const TO_RIDGE = 7;
const HUT_W = 28;
const HUT_H = 34;
const MIDLINE = HUT_W / 2;
const FOOTING = 30; // the row of the ground where the two walls meet
const ANCHOR = FOOTING - 2; // the one of the cell's front corner
const OVERHANG = 1.4; // pixels
const [HITHER, YONDER] = [2, 6]; // where windows are on the long wall, from where the walls meet
const [DOOR, ATTIC] = [3, 4];

const CHIMNEY = { far: 3, top: 4 }; // from the middle, and the row
const SMOKE_S = 4; // seconds that a puff rises
const SMOKE_HIGH = 17; // pixels
const PUFFS = 4;
const SMOKE_INK = 4; // of stone

/** On which side the gable is: -1 is left. @param {number} look */
const gableOf = (look) => (look ? 1 : -1);

/** How far the gable is above the eaves. @param {number} far pixels from where the walls meet */
const rakeAt = (far) => Math.round(TO_RIDGE * (1 - Math.abs(far - 4.5) / 5.5));

/** A column of a wall, and its lowest row. @param {number} side @param {number} far */
const footAt = (side, far) => ({ x: side < 0 ? MIDLINE - 1 - far : MIDLINE + far, y: FOOTING - (far >> 1) - 1 });

/** @param {number[]} windows @param {number} look @returns {Sprite} */
export function paintHut(windows, look) {
  const sheet = new Sheet(HUT_W, HUT_H);
  const gable = gableOf(look);
  const stack = MIDLINE - gable * CHIMNEY.far;
  sheet.rect(stack - 1, CHIMNEY.top, 3, 10, STONE_INK + 2).rect(stack + 1, CHIMNEY.top, 1, 10, STONE_INK + 1).rect(stack - 1, CHIMNEY.top, 3, 1, STONE_INK + 4);
  for (const side of [-1, 1]) {
    for (let far = 0; far < SIDE_WALL; far++) {
      const { x, y } = footAt(side, far);
      const high = TO_EAVES + (side === gable ? rakeAt(far) : 0);
      for (let up = 0; up < high; up++) sheet.set(x, y - up, wallInk(look, side, far, up));
    }
  }
  [HITHER, YONDER].forEach((at, i) => {
    for (const far of [at, at + 1]) {
      const { x, y } = footAt(-gable, far);
      putPane(sheet, x, y - 4, windows[i]);
    }
  });
  for (let far = DOOR; far < DOOR + 3; far++) {
    const { x, y } = footAt(gable, far);
    sheet.rect(x, y - 5, 1, 5, far === DOOR ? WOOD_INK : INK + 1).set(x, y, STONE_INK + 3);
    if (far > DOOR + 1) sheet.set(x, y - 3, YELLOW_INK + 1);
  }
  for (const far of [ATTIC, ATTIC + 1]) {
    const { x, y } = footAt(gable, far);
    putPane(sheet, x, y - TO_EAVES - 2, windows[2], 2);
  }
  return sheet.outline(INK).sprite(MIDLINE, ANCHOR);
}

/** @param {number} look @param {number} side @param {number} far @param {number} up */
function wallInk(look, side, far, up) {
  const lit = side < 0 ? 1 : 0;
  if (!up) return STONE_INK + 1 + lit;
  if (!far || far === SIDE_WALL - 1) return WOOD_INK + lit; // posts
  if (look === 1) return up === TO_EAVES ? WOOD_INK + 1 : PLASTER_INK[0] + 1 + lit;
  return WOOD_INK + (up % 3 ? 2 : 1) + lit; // logs
}

/** Its inks are a roof's own. @param {number} look @returns {Sprite} */
export function paintHutRoof(look) {
  const sheet = new Sheet(HUT_W, HUT_H);
  const gable = gableOf(look);
  const lit = gable > 0 ? 1 : 0; // the slope is on the left
  for (let y = 0; y < HUT_H; y++) {
    for (let x = 0; x < HUT_W; x++) {
      const aside = -gable * (x + 0.5 - MIDLINE);
      const up = FOOTING - TO_EAVES - aside / 2 - y - 0.5;
      const part = up / (TO_RIDGE + 5);
      const far = aside + 5 * part;
      if (up < -OVERHANG || part > 1 || far < -OVERHANG || far > SIDE_WALL + OVERHANG) continue;
      const line = Math.floor(up + OVERHANG) & 3 ? 0 : 1;
      const isSnowy = !line && up > 3 + ((x * 5) % 4);
      sheet.set(x, y, isSnowy ? SNOWY + lit : SHADE + 1 + 2 * lit - line);
    }
  }
  for (let far = -1; far <= SIDE_WALL; far++) {
    const { x, y } = footAt(gable, far);
    const top = y - TO_EAVES - rakeAt(far);
    sheet.set(x, top + 1, SHADE + (far < 5 ? 2 : 1)).set(x, top, far < 5 ? SHADE + 3 : SNOWY);
  }
  return sheet.outline(ROOF_RIM).sprite(MIDLINE, ANCHOR);
}

/**
 * Puffs that rise, and are seen through.
 *
 * @param {Buffer} buffer
 * @param {number} house
 * @param {number} look
 * @param {number} x
 * @param {number} y
 * @param {number} time
 * @param {Uint32Array} colors
 */
export function drawSmoke(buffer, house, look, x, y, time, colors) {
  const left = x - gableOf(look) * CHIMNEY.far;
  const top = y - ANCHOR + CHIMNEY.top - 2;
  for (let i = 0; i < PUFFS; i++) {
    const age = (time / SMOKE_S + i / PUFFS + (house * 3) / 7) % 1;
    const wide = age < 0.25 ? 1 : age < 0.85 ? 2 : 1;
    const column = left + Math.round(age * 5 + Math.sin(age * 7 + house) * 1.2);
    const row = top - Math.round(age * SMOKE_HIGH);
    for (let dy = 0; dy < wide; dy++) for (let dx = 0; dx <= wide; dx++) veil(buffer, column + dx, row + dy, colors[STONE_INK + SMOKE_INK]);
  }
}

/** Half of a colour. @param {Buffer} buffer @param {number} x @param {number} y @param {number} color */
function veil(buffer, x, y, color) {
  if (x < 0 || y < 0 || x >= buffer.width || y >= buffer.height) return;
  const at = buffer.at(x, y);
  buffer.pixels[at] = (((buffer.pixels[at] >>> 1) & 0x7f7f7f) + ((color >>> 1) & 0x7f7f7f)) | 0xff000000;
}
