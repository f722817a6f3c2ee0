/** What stands in the middle of places, painted by code; each as a block, a ball or a plate on the ground. */

import {
  BARK_INK, BLUE_INK, FIRE_INK, GRASS_INK, INK, LEAF_INK, PETAL_INK, RED_INK, STONE_INK, TENT_INK, WHITE_INK, WINDOW_INK,
  WOOD_INK, YELLOW_INK,
} from './inks.js';
import { ADVANCE, LEADING, boardFor, lettered, write } from './lettering.js';
import { mix } from './random.js';
import { Sheet } from './sheet.js';

/** @param {number} seed @param {number} much */
export const rough = (seed, much) => (/** @type {number} */ x, /** @type {number} */ y) =>
  (mix(seed, x, y) / 0xffffffff - 0.5) * much;

/** A crown of leaves: clumps, the lower ones behind. @param {Sheet} sheet @param {number} x @param {number} y @param {number} size @param {number} leaf @param {number} seed */
export function crown(sheet, x, y, size, leaf, seed) {
  const grain = rough(seed, 1.5);
  sheet.ball(x, y + size * 0.15, size, size * 0.8, leaf, 5, (px, py) => grain(px, py) - 1);
  for (const [dx, dy, part] of [[0.42, 0.12, 0.55], [-0.42, 0.2, 0.55], [0.25, -0.35, 0.55], [-0.28, -0.3, 0.6]]) {
    sheet.ball(x + dx * size, y + dy * size, size * part, size * part * 0.9, leaf, 5, grain);
  }
}

/** Boards beside one another. @param {number} ink @param {number} [wide] */
const planks = (ink, wide = 4) => (/** @type {number} */ along) => (along % wide < 1 ? ink - 1 : ink);

/** @param {number} one @param {number} other @param {number} [wide] */
const stripes = (one, other, wide = 4) => (/** @type {number} */ along) => (along % (2 * wide) < wide ? one : other);

/** Some rectangles on a face: left, bottom, width, height and ink of each; else the face's own. @param {number} ink @param {number[][]} patches */
const patched = (ink, patches) => (/** @type {number} */ along, /** @type {number} */ up) =>
  patches.find(([x, y, w, h]) => along >= x && along < x + w && up >= y && up < y + h)?.[4] ?? ink;

/** A block of wood or stone. @param {Sheet} sheet @param {number} x @param {number} y @param {number} w @param {number} d @param {number} z @param {number} h @param {number} ink the darkest of its five */
const block = (sheet, x, y, w, d, z, h, ink) => sheet.box(x, y, w, d, z, h, ink + 4, ink + 2, ink + 1);

/** A plate that stands on two posts, its face to the lower left. @param {Sheet} sheet @param {number} x @param {number} y @param {number} w @param {number} z @param {number} h @param {import('./sheet.js').Paint} face */
function plate(sheet, x, y, w, z, h, face) {
  const side = w / 2 - 2;
  block(sheet, x - side, y - side / 2, 2, 2, 0, z + h, WOOD_INK);
  sheet.box(x, y, w, 2, z, h, WOOD_INK + 4, face, WOOD_INK);
  block(sheet, x + side, y + side / 2, 2, 2, 0, z, WOOD_INK);
  return sheet;
}

/** @param {number} frame 0: it doesn't burn */
function flames(frame) {
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

/** @param {number} frame 0: nobody is there to see it play */
function waterworks(frame) {
  const sheet = new Sheet(32, 34);
  sheet.ball(16, 25, 14, 7, STONE_INK + 1, 4, () => 0, 2.2).ball(16, 23, 12, 5, BLUE_INK + 1, 3);
  sheet.rect(14, 13, 4, 11, STONE_INK + 2).rect(14, 13, 1, 11, STONE_INK + 4).ball(16, 13, 6, 2.5, STONE_INK + 1, 4);
  sheet.rect(12, 12, 8, 1, BLUE_INK + 3).outline(STONE_INK);
  if (!frame) return sheet.sprite(16, 27);
  for (let drop = 0; drop < 10; drop++) {
    const way = ((drop * 0.37 + frame * 0.25) % 1) * 1.1;
    const x = 16 + (drop % 2 ? 1 : -1) * way * (5 + (drop % 3) * 2);
    const y = 10 - Math.sin(way * 2.8) * 7 + way * 11;
    sheet.rect(Math.round(x) - 1, Math.round(y), 1, 2, WHITE_INK + 3).set(Math.round(x) - 1, Math.round(y) + 2, BLUE_INK + 3);
  }
  return sheet.rect(15, 5 + (frame % 2), 2, 7 - (frame % 2), WHITE_INK + 3).sprite(16, 27);
}

export const POST = 5; // pixels below a sign's board

/** A board on a post, with a name if it can be written. @param {string} name */
export function sign(name) {
  const lines = lettered(name);
  const { width, height } = boardFor(lines) ?? { width: 14, height: 9 };
  const middle = (width >> 1) + 1;
  const sheet = new Sheet(width + 2, height + POST + 2);
  sheet.rect(middle - 1, height, 2, POST + 1, WOOD_INK + 1);
  sheet.rect(1, 1, width, height, WOOD_INK + 3).rect(1, 1, width, 1, WOOD_INK + 4).rect(1, height, width, 1, WOOD_INK + 1);
  lines.forEach((line, i) => write(sheet, middle - Math.floor((line.length * ADVANCE - 1) / 2), 3 + i * LEADING, line, INK));
  if (!lines.length) sheet.rect(4, 4, 8, 1, WOOD_INK + 1).rect(4, 6, 5, 1, WOOD_INK + 1);
  return sheet.outline(WOOD_INK).sprite(middle, height + POST);
}

/** How to paint each of them. Where there are several, they are the frames of something that moves. @type {Record<string, () => any>} */
const PAINTERS = {
  fire: () => [0, 1, 2, 3, 4].map(flames),
  fountain: () => [0, 1, 2, 3, 4].map(waterworks),
  well() {
    const sheet = new Sheet(36, 40);
    sheet.ball(18, 31, 9, 6, STONE_INK, 5, rough(5, 1.6), 2.4).ball(18, 28, 7, 4, INK, 1);
    block(sheet, 11, 28, 2, 2, 0, 14, WOOD_INK);
    block(sheet, 25, 28, 2, 2, 0, 14, WOOD_INK);
    for (let y = 0; y < 4; y++) sheet.box(18, 28, 16 - 4 * y, 16, 14 + 2 * y, 2, RED_INK + 2, RED_INK + 1, RED_INK);
    return sheet.outline(INK).sprite(18, 34);
  },
  table() {
    const sheet = new Sheet(34, 24);
    for (const [x, y] of [[9, 15], [25, 15], [17, 19]]) block(sheet, x, y, 2, 2, 0, 7, WOOD_INK);
    sheet.box(17, 15, 14, 14, 6, 2, planks(WOOD_INK + 4), WOOD_INK + 2, WOOD_INK + 1);
    sheet.ball(13, 7, 2, 1.5, WHITE_INK + 1, 3).ball(21, 8, 2, 1.5, WHITE_INK + 1, 3).rect(17, 4, 2, 4, RED_INK + 2).rect(17, 4, 1, 4, RED_INK + 3);
    return sheet.outline(WOOD_INK).sprite(17, 15);
  },
  easel() {
    const sheet = new Sheet(28, 36);
    block(sheet, 19, 25, 2, 2, 0, 12, WOOD_INK);
    block(sheet, 8, 27, 2, 2, 0, 22, WOOD_INK);
    sheet.box(13, 26, 18, 2, 7, 16, WOOD_INK + 4, (a, up) => {
      if (a < 2 || a > 15 || up < 2 || up > 14) return WOOD_INK + 3;
      if ((a - 12) ** 2 + (up - 11) ** 2 < 5) return YELLOW_INK + 3;
      return up < 5 + 2 * Math.sin(a / 2.4) ? GRASS_INK[0] + 3 : BLUE_INK + 3;
    }, WOOD_INK);
    block(sheet, 19, 30, 2, 2, 0, 8, WOOD_INK);
    return sheet.outline(WOOD_INK).sprite(14, 29);
  },
  stall() {
    const sheet = new Sheet(42, 44);
    for (const [x, y] of [[21, 23], [9, 29], [33, 29]]) block(sheet, x, y, 2, 2, 0, 20, WOOD_INK);
    sheet.box(21, 31, 20, 16, 0, 8, WOOD_INK + 4, planks(WOOD_INK + 2), planks(WOOD_INK + 1));
    for (const [x, y, ink] of [[14, 22, RED_INK], [19, 24, YELLOW_INK], [24, 26, LEAF_INK[0]], [26, 21, RED_INK]]) sheet.ball(x, y, 2.4, 2, ink + 1, 3);
    block(sheet, 21, 36, 2, 2, 0, 20, WOOD_INK);
    sheet.box(21, 30, 24, 20, 20, 3, stripes(RED_INK + 2, WHITE_INK + 3), stripes(RED_INK + 1, WHITE_INK + 2), RED_INK);
    return sheet.outline(INK).sprite(21, 33);
  },
  oak() {
    const trunk = new Sheet(40, 46).rect(17, 28, 7, 16, BARK_INK + 1).rect(17, 28, 2, 16, BARK_INK + 2).rect(22, 28, 2, 16, BARK_INK);
    trunk.rect(15, 42, 2, 2, BARK_INK + 1).rect(24, 42, 2, 2, BARK_INK);
    const swing = new Sheet(40, 46).rect(28, 28, 1, 9, WOOD_INK + 3).rect(33, 27, 1, 9, WOOD_INK + 3).rect(27, 36, 8, 2, WOOD_INK + 2);
    const leaves = new Sheet(40, 46);
    crown(leaves, 20, 18, 15.5, LEAF_INK[0], 70);
    for (const [x, y] of [[10, 15], [17, 9], [27, 14], [22, 22], [13, 24], [30, 22]]) leaves.rect(x, y, 2, 2, RED_INK + 2).set(x, y, RED_INK + 3);
    return trunk.outline(BARK_INK).with(swing).with(leaves.outline(LEAF_INK[0])).sprite(20, 43);
  },
  /** Boards with a curtain on both sides behind: who stands on them is as high as `STAGE` in `spots.js`. */
  stage() {
    const sheet = new Sheet(58, 72);
    const [x, y] = [29, 52];
    sheet.box(x, y, 24, 24, 0, 11, planks(WOOD_INK + 4), planks(WOOD_INK + 2, 6), planks(WOOD_INK + 1, 6));
    const hang = (/** @type {number} */ ink) => (/** @type {number} */ along, /** @type {number} */ up) => {
      if (up > 24) return (along % 8 < 4 ? YELLOW_INK : RED_INK) + 2;
      return ink + (along % 5 < 2 ? 1 : 0) - (up > 22 ? 1 : 0);
    };
    // the curtains hang before the edges behind: each is the face of a thin block
    sheet.box(x + 12, y - 6, 24, 2, 11, 28, YELLOW_INK + 3, hang(RED_INK + 1), RED_INK);
    sheet.box(x - 12, y - 6, 2, 24, 11, 28, YELLOW_INK + 3, RED_INK, hang(RED_INK));
    for (const [px, py] of [[x - 22, y], [x + 22, y]]) sheet.rect(px - 1, py - 42, 3, 42, WOOD_INK + 2).rect(px - 1, py - 42, 1, 42, WOOD_INK + 3).rect(px - 2, py - 44, 5, 2, YELLOW_INK + 2);
    return sheet.outline(INK).sprite(x, y + 4); // so that who stands before it stands before it
  },
  board() {
    const sheet = new Sheet(38, 44);
    plate(sheet, 19, 32, 24, 8, 14, patched(WOOD_INK + 3, [[3, 3, 5, 8, WHITE_INK + 3], [4, 7, 3, 1, STONE_INK + 2], [10, 5, 4, 5, YELLOW_INK + 3], [16, 2, 5, 9, WHITE_INK + 2], [17, 8, 3, 1, STONE_INK + 2], [17, 5, 3, 1, STONE_INK + 2]]));
    sheet.box(19, 32, 28, 6, 22, 2, RED_INK + 2, RED_INK + 1, RED_INK);
    return sheet.outline(INK).sprite(19, 33);
  },
  /** A stone that says what holds. */
  tablet() {
    const sheet = new Sheet(30, 40);
    block(sheet, 15, 31, 18, 10, 0, 3, STONE_INK);
    sheet.box(15, 30, 14, 6, 3, 18, STONE_INK + 4, (a, up) => (up > 2 && up < 17 && up % 3 === 1 && a > 2 && a < 12 - (up % 4) ? STONE_INK : STONE_INK + 3), STONE_INK + 1);
    return sheet.outline(STONE_INK).sprite(15, 31);
  },
  /** A platform with an instrument. */
  piano() {
    const sheet = new Sheet(40, 40);
    block(sheet, 20, 28, 18, 18, 0, 2, WOOD_INK);
    sheet.box(23, 25, 16, 8, 2, 14, INK + 1, INK + 1, INK);
    sheet.box(18, 28, 16, 6, 6, 2, (a) => (a % 3 < 1 ? INK : WHITE_INK + 3), INK, INK);
    sheet.box(11, 31, 6, 6, 2, 3, RED_INK + 2, RED_INK + 1, RED_INK);
    return sheet.rows(28, 2, ['..nnn', '..n.n', '..n.n', 'nnn.n', 'nn.nn', '...nn'], { n: INK }).outline(WOOD_INK).sprite(20, 28);
  },
  /** A booth with a window: somebody helps there. */
  booth() {
    const sheet = new Sheet(34, 48);
    sheet.box(17, 36, 14, 12, 0, 20, WOOD_INK + 3, patched(WHITE_INK + 2, [[3, 9, 8, 8, WINDOW_INK], [2, 7, 10, 2, WOOD_INK + 3]]), WHITE_INK + 1);
    for (let i = 0; i < 4; i++) sheet.box(17, 36, 18 - 3 * (i & 6), 16 - 3 * (i & 6), 20 + i, 1, BLUE_INK + 2, BLUE_INK + 1, BLUE_INK);
    sheet.rows(14, 2, ['.yyy.', 'yy.yy', '...yy', '..yy.', '.....', '..yy.'], { y: YELLOW_INK + 3 });
    return sheet.outline(INK).sprite(17, 36);
  },
  robot() {
    const sheet = new Sheet(26, 40);
    block(sheet, 9, 32, 4, 4, 0, 4, STONE_INK);
    block(sheet, 17, 32, 4, 4, 0, 4, STONE_INK);
    sheet.box(13, 31, 12, 10, 4, 11, STONE_INK + 4, patched(STONE_INK + 3, [[3, 5, 2, 2, RED_INK + 2], [6, 5, 2, 2, YELLOW_INK + 2], [3, 2, 6, 1, STONE_INK]]), STONE_INK + 1);
    sheet.box(13, 31, 10, 8, 16, 8, STONE_INK + 4, patched(STONE_INK + 3, [[2, 4, 2, 2, BLUE_INK + 3], [6, 4, 2, 2, BLUE_INK + 3], [2, 1, 6, 1, INK]]), STONE_INK + 1);
    return sheet.rect(13, 1, 1, 4, STONE_INK + 2).rect(12, 0, 3, 2, RED_INK + 2).outline(INK).sprite(13, 32);
  },
  /** A board of squares with pieces. */
  chess() {
    const sheet = new Sheet(34, 32);
    block(sheet, 17, 22, 8, 8, 0, 7, STONE_INK);
    sheet.box(17, 22, 16, 16, 7, 2, (u, v) => ((u >> 2) + (v >> 2)) % 2 ? WHITE_INK + 3 : WOOD_INK, WOOD_INK + 2, WOOD_INK + 1);
    for (const [x, y, ink] of [[11, 10, WHITE_INK + 2], [17, 7, INK], [22, 11, INK], [17, 14, WHITE_INK + 2]]) sheet.rect(x, y, 3, 3, ink).rect(x + 1, y - 3, 1, 3, ink).set(x, y - 2, ink).set(x + 2, y - 2, ink);
    return sheet.outline(WOOD_INK).sprite(17, 22);
  },
  /** An oven of stones with a chimney. */
  oven() {
    const sheet = new Sheet(36, 42);
    block(sheet, 18, 32, 18, 16, 0, 5, STONE_INK);
    block(sheet, 22, 27, 6, 6, 5, 22, STONE_INK);
    sheet.ball(18, 23, 10, 9, STONE_INK + 1, 4, rough(23, 1.3));
    sheet.ball(14, 26, 4, 4, INK, 1).ball(14, 27, 2.5, 2.5, FIRE_INK, 3);
    return sheet.outline(INK).sprite(18, 32);
  },
  /** A carved pole that pulls a face. */
  totem() {
    const sheet = new Sheet(30, 52);
    const inks = [WOOD_INK + 1, RED_INK, BLUE_INK];
    inks.forEach((ink, i) => {
      const face = patched(ink + 2, [[2, 7, 2, 2, WHITE_INK + 3], [7, 7, 2, 2, WHITE_INK + 3], [3, 3, 6, i === 1 ? 2 : 1, INK], [i === 2 ? 4 : 2, 10, 3, 1, INK]]);
      sheet.box(15, 42, 10, 10, i * 11, 11, ink + 3, face, ink + 1);
    });
    sheet.box(15, 42, 24, 2, 26, 3, YELLOW_INK + 3, YELLOW_INK + 2, YELLOW_INK);
    return sheet.outline(INK).sprite(15, 42);
  },
  /** A gate that one comes in by. */
  gate() {
    const sheet = new Sheet(40, 52);
    block(sheet, 9, 36, 4, 4, 0, 24, WOOD_INK);
    block(sheet, 31, 47, 4, 4, 0, 24, WOOD_INK);
    sheet.box(20, 42, 28, 4, 24, 5, WOOD_INK + 4, planks(WOOD_INK + 3, 5), WOOD_INK + 1);
    for (let i = 0; i < 9; i++) sheet.ball(7 + i * 3.2, 10 + i * 1.6, 2.2, 2, i % 3 ? LEAF_INK[0] : PETAL_INK[i % 6], i % 3 ? 4 : 2);
    return sheet.outline(INK).sprite(20, 43);
  },
  /** A screen, and what stands before it. */
  screen() {
    const sheet = new Sheet(42, 50);
    plate(sheet, 21, 36, 30, 8, 18, patched(INK, [[20, 9, 4, 4, YELLOW_INK + 3], [4, 4, 9, 5, LEAF_INK[0] + 3], [2, 2, 26, 4, GRASS_INK[0] + 3], [2, 2, 26, 14, BLUE_INK + 3]]));
    return sheet.outline(INK).sprite(21, 38);
  },
  /** A desk with a computer. */
  desk() {
    const sheet = new Sheet(36, 34);
    for (const [x, y] of [[8, 22], [28, 22], [18, 27]]) block(sheet, x, y, 2, 2, 0, 8, WOOD_INK);
    block(sheet, 18, 22, 16, 14, 8, 2, WOOD_INK);
    sheet.box(21, 20, 12, 4, 11, 9, STONE_INK + 3, patched(STONE_INK + 1, [[1, 2, 10, 6, INK], [2, 6, 5, 1, LEAF_INK[0] + 4], [2, 4, 7, 1, LEAF_INK[0] + 4]]), STONE_INK);
    sheet.box(15, 23, 10, 4, 10, 1, (u) => (u % 2 < 1 ? STONE_INK + 3 : WHITE_INK + 2), STONE_INK + 1, STONE_INK);
    return sheet.outline(INK).sprite(18, 22);
  },
  shelf() {
    const sheet = new Sheet(34, 44);
    sheet.box(17, 33, 20, 8, 0, 24, WOOD_INK + 4, (a, up) => {
      if (a < 1 || a > 19 || up % 8 < 1) return WOOD_INK + 2;
      if (up % 8 > 6 - (mix(up >> 3, a >> 1) & 1)) return WOOD_INK;
      return [RED_INK, BLUE_INK, YELLOW_INK, LEAF_INK[0], WHITE_INK][mix(a >> 1, up >> 3, 3) % 5] + 1 + (a & 1);
    }, WOOD_INK + 1);
    return sheet.outline(INK).sprite(17, 33);
  },
  /** A bed of flowers. */
  flowers() {
    const sheet = new Sheet(38, 30);
    sheet.box(19, 20, 18, 16, 0, 4, BARK_INK, planks(WOOD_INK + 3), planks(WOOD_INK + 1));
    for (let i = 0; i < 15; i++) {
      const [u, v] = [(i % 5) * 3.4 - 7, Math.floor(i / 5) * 4.6 - 5];
      const [x, y] = [Math.round(19 + u - v), Math.round(16 + (u + v) / 2)];
      sheet.rect(x, y - 4, 1, 4, LEAF_INK[0] + 2).set(x + 1, y - 2, LEAF_INK[0] + 3).ball(x + 0.5, y - 5, 2, 2, PETAL_INK[i % 6], 2).set(x, y - 5, YELLOW_INK + 2);
    }
    return sheet.outline(BARK_INK).sprite(19, 20);
  },
  globe() {
    const sheet = new Sheet(28, 40);
    block(sheet, 14, 32, 10, 10, 0, 4, STONE_INK);
    block(sheet, 14, 31, 4, 4, 4, 6, STONE_INK);
    sheet.ball(14, 14, 10, 10, BLUE_INK, 4);
    for (const [x, y, rx, ry] of [[10, 10, 4, 3], [18, 13, 3, 4], [12, 19, 3, 2]]) sheet.ball(x, y, rx, ry, GRASS_INK[0] + 1, 4);
    return sheet.outline(INK).sprite(14, 32);
  },
  /** A hoop with a ball. */
  hoop() {
    const sheet = new Sheet(30, 48);
    block(sheet, 19, 37, 4, 4, 0, 30, STONE_INK);
    sheet.box(16, 38, 16, 2, 22, 12, WHITE_INK + 3, patched(WHITE_INK + 2, [[4, 3, 1, 6, RED_INK + 2], [11, 3, 1, 6, RED_INK + 2], [4, 8, 8, 1, RED_INK + 2]]), WHITE_INK);
    sheet.ball(11, 19, 5, 2, RED_INK + 1, 2).ball(11, 19, 3, 1, WHITE_INK + 1, 1).rect(7, 20, 1, 4, WHITE_INK + 2).rect(14, 20, 1, 4, WHITE_INK + 2).rect(10, 21, 1, 4, WHITE_INK + 2);
    sheet.ball(9, 40, 4, 4, TENT_INK, 4);
    return sheet.outline(INK).sprite(17, 39);
  },
  kennel() {
    const sheet = new Sheet(36, 36);
    sheet.box(18, 27, 14, 16, 0, 9, WOOD_INK + 3, patched(WOOD_INK + 3, [[4, 0, 6, 7, INK]]), planks(WOOD_INK + 1));
    for (let i = 0; i < 5; i++) sheet.box(18, 27, 18 - 4 * i, 18, 9 + 2 * i, 2, RED_INK + 2, RED_INK + 1, RED_INK);
    sheet.ball(7, 30, 4, 2, BLUE_INK, 4);
    return sheet.outline(INK).sprite(18, 27);
  },
  /** A pavilion for what is on. */
  pavilion() {
    const sheet = new Sheet(48, 52);
    for (const [x, y] of [[24, 27], [8, 36], [40, 36]]) block(sheet, x, y, 2, 2, 0, 18, WOOD_INK);
    block(sheet, 24, 36, 18, 18, 0, 1, STONE_INK);
    block(sheet, 24, 45, 2, 2, 0, 18, WOOD_INK);
    for (let i = 0; i < 10; i++) sheet.box(24, 36, 22 - 2 * i, 22 - 2 * i, 17 + i, 1, stripes(YELLOW_INK + 2, WHITE_INK + 3, 3), stripes(YELLOW_INK + 1, WHITE_INK + 2, 3), stripes(YELLOW_INK, WHITE_INK + 1, 3));
    return sheet.rect(24, 2, 1, 7, INK).rect(25, 2, 5, 3, RED_INK + 2).outline(INK).sprite(24, 36);
  },
  /** A camera on its legs. */
  camera() {
    const sheet = new Sheet(30, 40);
    for (const [x, y] of [[8, 32], [22, 32], [14, 36]]) for (let i = 0; i < 18; i++) sheet.rect(Math.round(15 + ((x - 15) * i) / 17), 16 + Math.round(((y - 16) * i) / 17), 2, 1, WOOD_INK + (x < 15 ? 3 : 1));
    sheet.box(15, 32, 12, 8, 16, 9, INK + 1, patched(WOOD_INK + 1, [[3, 2, 6, 6, INK], [4, 3, 4, 4, BLUE_INK + 2], [5, 5, 1, 1, WHITE_INK + 3]]), WOOD_INK);
    return sheet.rect(18, 3, 4, 3, INK).rect(19, 4, 2, 1, WHITE_INK + 3).outline(INK).sprite(15, 33);
  },
  telescope() {
    const sheet = new Sheet(34, 40);
    for (const [x, y] of [[10, 34], [24, 34], [17, 37]]) for (let i = 0; i < 16; i++) sheet.rect(Math.round(17 + ((x - 17) * i) / 15), 20 + Math.round(((y - 20) * i) / 15), 2, 1, WOOD_INK + 1);
    for (let i = 0; i < 22; i++) sheet.ball(8 + i * 0.85, 24 - i * 0.8, i > 14 ? 4 : 2.6, i > 14 ? 4 : 2.6, i % 15 < 2 ? YELLOW_INK : BLUE_INK, 4);
    return sheet.ball(27, 6, 2.5, 3.5, WHITE_INK + 2, 2).outline(INK).sprite(17, 34);
  },
  /** A box for what people wish, and a flag at it. */
  letterbox() {
    const sheet = new Sheet(24, 36);
    block(sheet, 12, 29, 4, 4, 0, 10, WOOD_INK);
    sheet.box(12, 29, 10, 12, 10, 9, BLUE_INK + 3, patched(BLUE_INK + 2, [[2, 5, 6, 1, INK]]), BLUE_INK + 1);
    return sheet.rect(19, 6, 1, 8, WOOD_INK + 2).rect(15, 5, 4, 3, RED_INK + 2).outline(INK).sprite(12, 29);
  },
  /** What is sold: crates and a chest. */
  chest() {
    const sheet = new Sheet(40, 34);
    sheet.box(26, 20, 12, 12, 0, 9, WOOD_INK + 4, planks(WOOD_INK + 2, 3), planks(WOOD_INK + 1, 3));
    sheet.box(16, 25, 16, 10, 0, 7, YELLOW_INK + 1, patched(RED_INK + 1, [[0, 5, 16, 1, YELLOW_INK + 2], [7, 3, 2, 3, YELLOW_INK + 3]]), RED_INK);
    for (const [x, y] of [[11, 15], [15, 17], [19, 18], [16, 14], [21, 16]]) sheet.ball(x, y, 2, 1.4, YELLOW_INK + 1, 3);
    return sheet.outline(INK).sprite(19, 25);
  },
};

/** @type {Record<string, any>} */
const paintedPlaces = {};

/** Painted once. @param {string} thing what stands in the middle of a place */
export const paintPlace = (thing) => (paintedPlaces[thing] ??= PAINTERS[thing]());
