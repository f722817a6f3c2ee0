/**
 * Everything that stands on the land, painted by code: people in `figures.js`, the rest here.
 *
 * @typedef {import('./sheet.js').Sprite} Sprite
 */

import {
  BARK_INK, BIRCH_INK, BLOSSOM_INK, BLUE_INK, FIRE_INK, GRASS_INK, INK, LAMP_INK, LEAF_INK, RED_INK, STONE_INK,
  TENT_INK, WHITE_INK, WINDOW_INK, WOOD_INK, YELLOW_INK,
} from './inks.js';
import { mix } from './random.js';
import { Sheet } from './sheet.js';
import { BIOMES } from './terrain.js';

/** @param {number} seed @param {number} much */
const rough = (seed, much) => (/** @type {number} */ x, /** @type {number} */ y) =>
  (mix(seed, x, y) / 0xffffffff - 0.5) * much;

/** A crown of leaves: clumps, the lower ones behind. @param {Sheet} sheet @param {number} x @param {number} y @param {number} size @param {number} leaf @param {number} seed */
function crown(sheet, x, y, size, leaf, seed) {
  const grain = rough(seed, 1.5);
  sheet.ball(x, y + size * 0.15, size, size * 0.8, leaf, 5, (px, py) => grain(px, py) - 1);
  for (const [dx, dy, part] of [[0.42, 0.12, 0.55], [-0.42, 0.2, 0.55], [0.25, -0.35, 0.55], [-0.28, -0.3, 0.6]]) {
    sheet.ball(x + dx * size, y + dy * size, size * part, size * part * 0.9, leaf, 5, grain);
  }
}

/** @param {number} leaf @param {number} variant @param {number} bark */
function roundTree(leaf, variant, bark) {
  const trunk = new Sheet(24, 32).rect(10, 20, 4, 10, bark + 1).rect(10, 20, 1, 10, bark + 2).rect(13, 20, 1, 10, bark);
  if (bark === BIRCH_INK) trunk.rect(10, 24, 2, 1, STONE_INK).rect(12, 27, 2, 1, STONE_INK);
  const leaves = new Sheet(24, 32);
  crown(leaves, 12, 13, 8.5 + (variant % 3) * 0.8, leaf, variant + 50);
  return trunk.outline(BARK_INK).with(leaves.outline(leaf)).sprite(12, 30);
}

/** @param {number} leaf @param {number} variant */
function pine(leaf, variant) {
  const sheet = new Sheet(20, 36);
  sheet.rect(9, 30, 3, 4, BARK_INK + 1).rect(11, 30, 1, 4, BARK_INK);
  for (let tier = 0; tier < 3; tier++) {
    const top = 3 + tier * 8;
    for (let y = 0; y < 12; y++) {
      const half = Math.min(4 + tier * 2, 0.8 + (y * (4.5 + tier * 2)) / 12);
      for (let x = Math.floor(10 - half); x < 10 + half; x++) {
        const light = (10 - x) / half * 1.2 + 2 + (y > 9 ? -1 : 0) + rough(variant + tier, 1.2)(x, top + y);
        sheet.set(x, top + y, leaf + Math.min(4, Math.max(0, Math.round(light))));
      }
    }
  }
  return sheet.outline(leaf).sprite(10, 34);
}

/** Trees of each district's kind. */
function trees() {
  return Array.from({ length: BIOMES }, (_, biome) => [0, 1, 2].map((variant) => {
    const leaf = LEAF_INK[biome];
    if (biome === 1) return pine(leaf, variant);
    const isBlossom = (biome === 3 && variant < 2) || (biome === 4 && !variant);
    return roundTree(isBlossom ? BLOSSOM_INK : leaf, variant + biome * 3, biome === 2 ? BIRCH_INK : BARK_INK);
  }));
}

/** @param {number} variant */
function rock(variant) {
  const sheet = new Sheet(14, 12);
  sheet.ball(7, 7, 5 + (variant % 2), 4, STONE_INK, 5, rough(variant, 0.8), 2.6);
  return sheet.outline(STONE_INK).sprite(7, 10);
}

/** @param {number} leaf @param {number} variant */
function bush(leaf, variant) {
  const sheet = new Sheet(16, 13);
  sheet.ball(8, 7, 6, 5, leaf, 5, rough(variant + 90, 1.4));
  return sheet.outline(leaf).sprite(8, 11);
}

function tent() {
  const sheet = new Sheet(26, 22);
  for (let y = 0; y < 16; y++) {
    for (let x = -y * 0.7; x <= y * 0.7; x++) {
      const shade = x < -y * 0.1 ? 3 : 1;
      sheet.set(Math.round(13 + x), 3 + y, TENT_INK + shade);
    }
  }
  for (let y = 6; y < 16; y++) for (let x = 0; x < (y - 5) * 0.35; x++) sheet.set(14 + x, 3 + y, INK);
  return sheet.outline(TENT_INK).sprite(13, 18);
}

function sign() {
  const sheet = new Sheet(16, 16);
  sheet.rect(7, 8, 2, 7, WOOD_INK + 1);
  sheet.rect(2, 2, 12, 7, WOOD_INK + 3).rect(2, 8, 12, 1, WOOD_INK + 1);
  sheet.rect(4, 4, 8, 1, WOOD_INK + 1).rect(4, 6, 5, 1, WOOD_INK + 1);
  return sheet.outline(WOOD_INK).sprite(8, 14);
}

function lighthouse() {
  const sheet = new Sheet(34, 76);
  for (let y = 0; y < 50; y++) {
    const half = 7 + y * 0.07;
    for (let x = Math.floor(17 - half); x < 17 + half; x++) {
      const across = (x - 17) / half;
      const shade = across < -0.5 ? 2 : across < 0.25 ? 3 : across < 0.7 ? 2 : 1;
      sheet.set(x, 20 + y, (Math.floor((y + Math.abs(across) * -3 + 3) / 10) % 2 ? RED_INK : WHITE_INK) + shade);
    }
  }
  sheet.rect(8, 18, 18, 3, STONE_INK + 2).rect(8, 18, 18, 1, STONE_INK + 4);
  sheet.rect(12, 9, 10, 9, WINDOW_INK).rect(12, 9, 1, 9, INK).rect(21, 9, 1, 9, INK).rect(16, 9, 1, 9, INK);
  for (let y = 0; y < 6; y++) sheet.rect(17 - y - 1, 3 + y, 2 * y + 2, 1, RED_INK + 1);
  sheet.rect(15, 62, 5, 9, INK).rect(15, 36, 3, 4, WINDOW_INK);
  return sheet.outline(INK).sprite(17, 72);
}

/** @param {number} frame 0: it doesn't burn */
function fire(frame) {
  const sheet = new Sheet(26, 28);
  for (const [x, y] of [[4, 19], [7, 22], [12, 23], [17, 22], [20, 19], [17, 16], [7, 16]]) sheet.ball(x + 1, y + 1, 2, 1.6, STONE_INK + 1, 4);
  sheet.rect(8, 18, 10, 2, WOOD_INK + 1).rect(9, 20, 9, 2, WOOD_INK).rect(8, 18, 1, 2, WOOD_INK + 4).rect(17, 20, 1, 2, WOOD_INK + 4);
  if (!frame) return sheet.sprite(13, 22);
  for (let y = 0; y < 15; y++) {
    const half = Math.max(0, 5.4 * (y / 11) ** 0.9 * (y > 10 ? 1 - (y - 10) / 9 : 1) + Math.sin(y * 1.3 + frame * 2.1) * 0.9);
    const sway = Math.sin(y * 0.5 + frame * 1.6) * (1 - y / 15) * 2;
    for (let x = Math.ceil(-half); x <= half; x++) {
      const heat = Math.min(3, Math.max(0, Math.floor((half - Math.abs(x)) * 0.7 + (y - 7) / 4)));
      sheet.set(13 + Math.round(x + sway), 5 + y, FIRE_INK + heat);
    }
  }
  return sheet.sprite(13, 22);
}

/** A post beside a place, lit while there is talk. @param {boolean} isLit */
function lamp(isLit) {
  const sheet = new Sheet(9, 24);
  sheet.rect(4, 9, 1, 13, INK).rect(3, 21, 3, 1, INK);
  sheet.rect(2, 4, 5, 5, isLit ? LAMP_INK : STONE_INK + 1).rect(3, 5, 3, 3, isLit ? LAMP_INK + 1 : STONE_INK + 2);
  sheet.rect(2, 3, 5, 1, INK).rect(3, 2, 3, 1, INK).rect(2, 9, 5, 1, INK).rect(1, 4, 1, 5, INK).rect(7, 4, 1, 5, INK);
  return sheet.sprite(4, 21);
}

function well() {
  const sheet = new Sheet(26, 30);
  sheet.ball(13, 21, 9, 6, STONE_INK, 5, rough(5, 1.6), 2.4).ball(13, 18, 7, 4, INK, 1);
  sheet.rect(5, 8, 2, 12, WOOD_INK + 2).rect(19, 8, 2, 12, WOOD_INK + 1);
  for (let y = 0; y < 7; y++) sheet.rect(13 - 3 - y, 3 + y, 6 + 2 * y, 1, RED_INK + (y % 2 ? 1 : 2));
  return sheet.outline(INK).sprite(13, 25);
}

function table() {
  const sheet = new Sheet(28, 20);
  sheet.rect(5, 10, 2, 7, WOOD_INK + 1).rect(21, 10, 2, 7, WOOD_INK);
  sheet.ball(14, 9, 12, 5, WOOD_INK + 2, 3).rect(10, 6, 3, 3, WHITE_INK + 2).rect(16, 7, 2, 3, RED_INK + 2);
  return sheet.outline(WOOD_INK).sprite(14, 15);
}

function easel() {
  const sheet = new Sheet(22, 28);
  sheet.rect(5, 16, 2, 10, WOOD_INK + 2).rect(15, 16, 2, 10, WOOD_INK + 1);
  sheet.rect(3, 3, 16, 14, WOOD_INK + 3).rect(5, 5, 12, 10, WHITE_INK + 3);
  sheet.rect(6, 10, 10, 4, GRASS_INK[0] + 3).rect(6, 6, 10, 4, BLUE_INK + 3).ball(13, 8, 2, 2, YELLOW_INK + 2, 2);
  return sheet.outline(WOOD_INK).sprite(11, 24);
}

function stall() {
  const sheet = new Sheet(30, 30);
  sheet.rect(4, 12, 2, 14, WOOD_INK + 2).rect(24, 12, 2, 14, WOOD_INK + 1).rect(3, 18, 24, 7, WOOD_INK + 3);
  for (let x = 0; x < 26; x++) sheet.rect(2 + x, 4, 1, 8 + (x % 5 === 2 ? 1 : 0), (Math.floor(x / 4) % 2 ? WHITE_INK : RED_INK) + 2);
  sheet.ball(8, 17, 2, 2, RED_INK + 1, 3).ball(13, 17, 2, 2, YELLOW_INK + 1, 3).ball(19, 17, 2, 2, LEAF_INK[0] + 2, 3);
  return sheet.outline(INK).sprite(15, 25);
}

function oak() {
  const trunk = new Sheet(40, 46).rect(17, 28, 7, 16, BARK_INK + 1).rect(17, 28, 2, 16, BARK_INK + 2).rect(22, 28, 2, 16, BARK_INK);
  trunk.rect(15, 42, 2, 2, BARK_INK + 1).rect(24, 42, 2, 2, BARK_INK);
  const swing = new Sheet(40, 46).rect(28, 28, 1, 9, WOOD_INK + 3).rect(33, 27, 1, 9, WOOD_INK + 3).rect(27, 36, 8, 2, WOOD_INK + 2);
  const leaves = new Sheet(40, 46);
  crown(leaves, 20, 18, 15.5, LEAF_INK[0], 70);
  for (const [x, y] of [[10, 15], [17, 9], [27, 14], [22, 22], [13, 24], [30, 22]]) leaves.rect(x, y, 2, 2, RED_INK + 2).set(x, y, RED_INK + 3);
  return trunk.outline(BARK_INK).with(swing).with(leaves.outline(LEAF_INK[0])).sprite(20, 43);
}

/** @param {number} frame 0: nobody is there to see it play */
function fountain(frame) {
  const sheet = new Sheet(32, 34);
  sheet.ball(16, 25, 14, 7, STONE_INK + 1, 4, () => 0, 2.2).ball(16, 23, 12, 5, BLUE_INK + 1, 3);
  sheet.rect(14, 13, 4, 11, STONE_INK + 2).rect(14, 13, 1, 11, STONE_INK + 4).ball(16, 13, 6, 2.5, STONE_INK + 1, 4);
  sheet.rect(12, 12, 8, 1, BLUE_INK + 3).outline(STONE_INK);
  if (!frame) return sheet.sprite(16, 29);
  for (let drop = 0; drop < 10; drop++) {
    const way = ((drop * 0.37 + frame * 0.25) % 1) * 1.1;
    const x = 16 + (drop % 2 ? 1 : -1) * way * (5 + (drop % 3) * 2);
    const y = 10 - Math.sin(way * 2.8) * 7 + way * 11;
    sheet.rect(Math.round(x) - 1, Math.round(y), 1, 2, WHITE_INK + 3).set(Math.round(x) - 1, Math.round(y) + 2, BLUE_INK + 3);
  }
  return sheet.rect(15, 5 + (frame % 2), 2, 7 - (frame % 2), WHITE_INK + 3).sprite(16, 29);
}

/** Boards with a curtain behind: who stands on them is as high as `STAGE` in `spots.js`. */
function theatre() {
  const sheet = new Sheet(62, 56);
  for (let x = 5; x < 57; x++) sheet.rect(x, 9, 1, 26, RED_INK + (x % 5 > 2 ? 1 : 0));
  sheet.rect(4, 34, 54, 8, WOOD_INK + 4).rect(4, 42, 54, 10, WOOD_INK + 1);
  for (let x = 10; x < 58; x += 8) sheet.rect(x, 42, 1, 10, WOOD_INK);
  sheet.rect(3, 6, 3, 37, WOOD_INK + 2).rect(56, 6, 3, 37, WOOD_INK + 2);
  for (let x = 3; x < 59; x++) sheet.rect(x, 3, 1, 6 + (x % 8 < 4 ? 1 : 0) + (x % 8 === 1 || x % 8 === 2 ? 1 : 0), (x % 16 < 8 ? YELLOW_INK : RED_INK) + 2);
  return sheet.outline(INK).sprite(31, 49);
}

function board() {
  const sheet = new Sheet(28, 26);
  sheet.rect(4, 8, 2, 16, WOOD_INK + 1).rect(22, 8, 2, 16, WOOD_INK + 1).rect(2, 4, 24, 13, WOOD_INK + 3);
  sheet.rect(4, 6, 6, 7, WHITE_INK + 3).rect(12, 7, 5, 5, YELLOW_INK + 3).rect(19, 6, 5, 8, WHITE_INK + 2);
  return sheet.outline(WOOD_INK).sprite(14, 22);
}

function boat() {
  const sheet = new Sheet(50, 48);
  sheet.rect(26, 3, 2, 30, WOOD_INK + 1);
  for (let y = 0; y < 22; y++) {
    const wide = Math.round(15 * Math.sin(0.25 + (y / 22) * 2.2));
    for (let x = 0; x < wide; x++) sheet.set(28 + x, 5 + y, (Math.floor(y / 5) % 2 ? RED_INK + 2 : WHITE_INK + 2) + (x < wide * 0.3 ? 0 : 1));
  }
  sheet.rect(7, 31, 38, 4, WOOD_INK);
  return sheet.outline(INK).sprite(25, 38);
}

/** The boat's side, before whoever sits in it. */
function hull() {
  const sheet = new Sheet(50, 48);
  for (let y = 0; y < 9; y++) sheet.rect(3 + Math.floor(y * 1.2), 33 + y, 44 - Math.floor(y * 2.2), 1, WOOD_INK + (y < 2 ? 4 : y === 4 ? 0 : 2));
  return sheet.outline(INK).sprite(25, 38);
}

/** @param {number} frame */
function gull(frame) {
  const sheet = new Sheet(15, 9);
  const rows = frame
    ? ['...............', '......ww.......', '.ggwwwwwwwwwgg.', 'gg...wwww....gg', '......yw.......']
    : ['gg...........gg', '.gww.......wwg.', '...wwwwwwwww...', '.....wwww......', '......yw.......'];
  return sheet.rows(0, 2, rows, { w: WHITE_INK + 3, g: STONE_INK + 1, y: YELLOW_INK + 1 }).sprite(7, 5);
}

/** Everything but people, by name. */
export function paintThings() {
  const leaves = LEAF_INK;
  return {
    tree: trees(),
    bush: leaves.map((leaf, i) => bush(leaf, i)),
    rock: [rock(1), rock(2)],
    tent: tent(), sign: sign(), lighthouse: lighthouse(), boat: boat(), hull: hull(), lamp: [lamp(false), lamp(true)],
    fire: [0, 1, 2, 3, 4].map(fire),
    well: well(), table: table(), easel: easel(), stall: stall(), oak: oak(), fountain: [0, 1, 2, 3, 4].map(fountain), gull: [gull(0), gull(1)], stage: theatre(), board: board(),
  };
}
