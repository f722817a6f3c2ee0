/**
 * Everything that stands on the land, painted by code: people in `figures.js`, places in `furniture.js`,
 * what only a town has in `harbour.js`, the rest here.
 *
 * @typedef {import('./sheet.js').Sprite} Sprite
 */

import {
  BARK_INK, BIRCH_INK, BLOSSOM_INK, INK, LAMP_INK, LEAF_INK, RED_INK, STONE_INK, TENT_INK, WHITE_INK, WINDOW_INK, WOOD_INK,
} from './inks.js';
import { crown, rough } from './furniture.js';
import { Sheet } from './sheet.js';
import { BIOMES, TOWN_AGE } from './terrain.js';

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

/** The trees of each biome. @type {import('./sheet.js').Sprite[][]} */
const groves = [];

/** Painted once; of all biomes it takes as long as everything else. @param {number} biome */
export const grove = (biome) => (groves[biome] ??= [0, 1, 2].map((variant) => {
  const leaf = LEAF_INK[biome];
  if (biome === 1) return pine(leaf, variant);
  const isBlossom = (biome === 3 && variant < 2) || (biome === 4 && !variant);
  return roundTree(isBlossom ? BLOSSOM_INK : leaf, variant + biome * 3, biome === 2 ? BIRCH_INK : BARK_INK);
}));

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

/** @param {(sheet: Sheet) => void} [keeper] builds a house beside it */
export function lighthouse(keeper) {
  const sheet = new Sheet(keeper ? 60 : 34, 76);
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
  keeper?.(sheet);
  return sheet.outline(INK).sprite(17, 72);
}

/** A post beside a place, lit while there is talk. @param {boolean} isLit */
function lamp(isLit) {
  const sheet = new Sheet(9, 24);
  sheet.rect(4, 9, 1, 13, INK).rect(3, 21, 3, 1, INK);
  sheet.rect(2, 4, 5, 5, isLit ? LAMP_INK : STONE_INK + 1).rect(3, 5, 3, 3, isLit ? LAMP_INK + 1 : STONE_INK + 2);
  sheet.rect(2, 3, 5, 1, INK).rect(3, 2, 3, 1, INK).rect(2, 9, 5, 1, INK).rect(1, 4, 1, 5, INK).rect(7, 4, 1, 5, INK);
  return sheet.sprite(4, 21);
}

export function boat() {
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
export function hull() {
  const sheet = new Sheet(50, 48);
  for (let y = 0; y < 9; y++) sheet.rect(3 + Math.floor(y * 1.2), 33 + y, 44 - Math.floor(y * 2.2), 1, WOOD_INK + (y < 2 ? 4 : y === 4 ? 0 : 2));
  return sheet.outline(INK).sprite(25, 38);
}

/** @type {Record<string, any> | null} */
let paintedThings = null;

/**
 * Everything but people and places, by name; painted once.
 *
 * @param {import('./town.js').Town | null} [town]
 * @returns {Record<string, any>}
 */
export function paintThings(town) {
  paintedThings ??= paintAll();
  if (town && !paintedThings.kept) Object.assign(paintedThings, town.paintHarbour());
  return paintedThings;
}

function paintAll() {
  return {
    tree: Array.from({ length: BIOMES }, (_, biome) => grove(biome)),
    bush: LEAF_INK.map((leaf, i) => bush(leaf, i)),
    rock: [rock(1), rock(2)],
    tent: tent(), lighthouse: lighthouse(), boat: boat(), hull: hull(), lamp: [lamp(false), lamp(true)],
  };
}

/**
 * Which of them stands somewhere.
 *
 * @param {Record<string, any>} things
 * @param {import('./terrain.js').Terrain} land
 * @param {import('./isle.js').Prop} prop
 */
export function stillOf(things, { district }, { kind, cell, variant }) {
  if (kind === 'lighthouse' && variant >= TOWN_AGE) return things.kept ?? things.lighthouse;
  const found = kind === 'tree' || kind === 'bush' ? things[kind][district[cell] % BIOMES] : things[kind];
  return Array.isArray(found) ? found[variant % found.length] : found;
}
