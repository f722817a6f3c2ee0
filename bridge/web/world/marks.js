/**
 * What stands in the land for a while because something goes on there: lanterns for a boost, a fingerpost for a new thread,
 * a ballot box for a poll, flags for an event, a board for what is written over a voice channel. The page fetches this after
 * its first picture.
 *
 * @typedef {import('./draw.js').Mark} Mark
 * @typedef {import('./sheet.js').Sprite} Sprite
 * @typedef {import('../guild/happenings.js').Happening} Happening
 * @typedef {import('../guild/replica.js').ChannelInfo} Channel
 */

import { BLUE_INK, FIRE_INK, INK, LAMP_INK, LEAF_INK, RED_INK, STONE_INK, TENT_INK, WHITE_INK, WOOD_INK, YELLOW_INK } from './inks.js';
import { ADVANCE, LEADING, boardFor, lettered, write } from './lettering.js';
import { POST } from './furniture.js';
import { signOf } from './isle.js';
import { Sheet } from './sheet.js';
import { cellSpot } from './spots.js';

const FRAMES = [0, 1, 2, 3];
const FLAG_INKS = [RED_INK + 2, YELLOW_INK + 3, BLUE_INK + 2, WHITE_INK + 3, LEAF_INK[0] + 3];
const ACROSS = 90; // of flags between their poles
const LEGS = 20; // pixels from the ground up, in which there is little to see of any
const MOST_OF_A_KIND = 40; // of a kind that are painted

/**
 * On which cells of a place each of them may stand, no two kinds on one, away from where one sits and from the sign; the
 * first where no sign of another place is in its way. An event is before the lighthouse where it is in no channel.
 *
 * @type {Record<string, number[][]>}
 */
const MARKED = {
  poll: [[-1, 3], [-3, 1], [-3, 3]],
  thread: [[3, -1], [1, -3], [3, -3]],
  event: [[-3, -3], [-2, -3], [-3, -2]],
  status: [[0, -3], [-3, 0], [-1, -3], [-3, -1], [-4, -2]],
  boost: [[1, 1]],
  show: [[1, 1]],
  outing: [[2, 2]],
};

/** @type {Map<string, Sprite[]>} */
const painted = new Map();

/** Painted once, as long as it isn't forgotten. @param {string} key @param {() => Sprite[]} paint */
function kept(key, paint) {
  const found = painted.get(key) ?? paint();
  painted.delete(key);
  painted.set(key, found);
  if (painted.size > 2 * MOST_OF_A_KIND) painted.delete(painted.keys().next().value ?? '');
  return found;
}

/** A name on a board, or a star where it can't be written. @param {Sheet} sheet @param {number} middle @param {number} top @param {string} name @param {number} board its ink @param {number} ink of letters */
function inscribe(sheet, middle, top, name, board, ink) {
  const lines = lettered(name);
  const { width, height } = boardFor(lines) ?? { width: 14, height: 9 };
  const left = middle - (width >> 1);
  sheet.rect(left - 1, top - 1, width + 2, height + 2, INK).rect(left, top, width, height, board);
  lines.forEach((line, i) => write(sheet, middle - Math.floor((line.length * ADVANCE - 1) / 2), top + 2 + i * LEADING, line, ink));
  if (!lines.length) sheet.rows(middle - 3, top + 1, ['...s...', '..sss..', 'sssssss', '.sssss.', '..sss..', '.ss.ss.', '.s...s.'], { s: ink });
}

/** Flags on a string that sags. @param {Sheet} sheet @param {number} from @param {number} to @param {number} top @param {number} sag @param {number} frame */
function flags(sheet, from, to, top, sag, frame) {
  const middle = (from + to) / 2;
  const heightAt = (/** @type {number} */ x) => Math.round(top + sag * (1 - ((x - middle) / (middle - from)) ** 2));
  for (let x = from; x <= to; x++) sheet.set(x, heightAt(x), INK);
  for (let x = from + 4, i = 0; x < to - 4; x += 8, i++) {
    const y = heightAt(x + 2) + 1;
    const sway = [0, 1, 0, -1][(frame + i) & 3];
    for (let row = 0; row < 6; row++) for (let dx = row >> 1; dx < 6 - (row >> 1) - (row & 1); dx++) sheet.set(x + dx + (row > 2 ? sway : 0), y + row, FLAG_INKS[i % FLAG_INKS.length] - (dx > 3 ? 1 : 0));
  }
}

/** @param {Sheet} sheet @param {number} x @param {number} y @param {boolean} isBright */
const lantern = (sheet, x, y, isBright) => sheet.rect(x - 1, y - 3, 3, 1, INK).rect(x - 2, y - 2, 5, 5, FIRE_INK + (isBright ? 2 : 1)).rect(x - 1, y - 1, 3, 3, isBright ? LAMP_INK + 1 : FIRE_INK + 2).rect(x - 1, y + 3, 3, 1, INK);

/** Flags between two poles, with the event's name on a cloth between them. @param {string} name @param {number} frame */
function festoon(name, frame) {
  const sheet = new Sheet(ACROSS, 72);
  for (const x of [6, ACROSS - 8]) sheet.rect(x, 12, 2, 56, WOOD_INK + 2).rect(x + 1, 12, 1, 56, WOOD_INK + 1);
  flags(sheet, 7, ACROSS - 7, 12, 9, frame);
  const middle = ACROSS >> 1;
  const { width } = boardFor(lettered(name)) ?? { width: 14 };
  for (const x of [middle - (width >> 1) + 1, middle + (width >> 1) - 2]) sheet.rect(x, 20, 1, 10, INK);
  inscribe(sheet, middle, 30, name, WHITE_INK + 3, RED_INK + 1);
  for (const x of [7, ACROSS - 7]) lantern(sheet, x, 9, frame !== 2);
  return sheet.sprite(middle, 68);
}

/** The same over a stage, which has posts. @param {string} name @param {number} frame */
function canopy(name, frame) {
  const sheet = new Sheet(66, 84);
  flags(sheet, 10, 56, 24, 6, frame);
  const { height } = boardFor(lettered(name)) ?? { height: 9 };
  for (const x of [22, 43]) sheet.rect(x, 20, 1, 8, INK);
  inscribe(sheet, 33, 22 - height, name, WHITE_INK + 3, RED_INK + 1);
  for (const x of [10, 55]) lantern(sheet, x, 23, frame !== 2);
  return sheet.sprite(33, 80);
}

/** A box with a slot, and a paper that goes into it. @param {number} frame */
function ballot(frame) {
  const sheet = new Sheet(22, 30);
  sheet.box(11, 25, 10, 10, 0, 9, BLUE_INK + 3, BLUE_INK + 2, BLUE_INK + 1);
  sheet.box(11, 25, 12, 12, 9, 2, (u, v) => (u > 3 && u < 9 && v > 4 && v < 7 ? INK : WHITE_INK + 3), WHITE_INK + 2, WHITE_INK + 1);
  sheet.rows(4, 17, ['...w', '..ww', 'w.w.', 'www.', '.w..'], { w: WHITE_INK + 3 });
  const up = [7, 5, 4, 5][frame];
  sheet.rect(9, 12 - up, 5, up, WHITE_INK + 3).rect(10, 13 - up, 3, 1, STONE_INK + 1);
  if (up > 4) sheet.rect(10, 15 - up, 2, 1, STONE_INK + 1);
  return sheet.outline(INK).sprite(11, 25);
}

/** A post with an arm that points another way, before a small tent. @param {number} frame */
function fingerpost(frame) {
  const sheet = new Sheet(40, 36);
  for (let y = 0; y < 13; y++) for (let x = -Math.round(y * 0.75); x <= y * 0.75; x++) sheet.set(28 + x, 17 + y, TENT_INK + (x < 0 ? 3 : 1));
  for (let y = 5; y < 13; y++) for (let x = 0; x < (y - 4) * 0.35; x++) sheet.set(29 + x, 17 + y, INK);
  sheet.rect(11, 8, 2, 25, WOOD_INK + 1).rect(11, 8, 1, 25, WOOD_INK + 3);
  sheet.rows(5, 11, ['wwwwwwwwwwwww..', 'wWWWWWWWWWWWww.', 'wWiiWiiiWiiWWWw', 'wWWWWWWWWWWWww.', 'wwwwwwwwwwwww..'], { w: WOOD_INK + 2, W: WOOD_INK + 4, i: INK });
  for (let x = 0; x < 8; x++) for (let y = 0; y < 4 - (x >> 1); y++) sheet.set(13 + x, 4 + y + (x >> 1) + ([0, 1, 0, -1][(frame + (x >> 2)) & 3] && x > 3 ? 1 : 0), RED_INK + 2);
  return sheet.rect(12, 3, 1, 6, INK).outline(INK).sprite(14, 32);
}

/** A dark board on two legs, written on with chalk. @param {string} words */
function chalkboard(words) {
  const { width, height } = boardFor(lettered(words)) ?? { width: 14, height: 9 };
  const middle = (width >> 1) + 3;
  const left = middle - (width >> 1);
  const sheet = new Sheet(width + 6, height + 30);
  for (const x of [left + 2, left + width - 4]) sheet.rect(x, height, 2, 28, WOOD_INK + 2);
  inscribe(sheet, middle, 3, words, LEAF_INK[1], WHITE_INK + 3);
  sheet.rect(left - 1, 2, width + 2, 1, WOOD_INK + 4).rect(left - 1, height + 3, width + 2, 1, WOOD_INK + 3);
  return sheet.outline(INK).sprite(middle, height + 28);
}

/** Lanterns on strings from the top of the lighthouse down. @param {number} frame */
function garland(frame) {
  const sheet = new Sheet(94, 84);
  for (const side of [-1, 1]) {
    for (let i = 0; i <= 40; i++) sheet.set(47 + side * i, 18 + Math.round((i / 40) ** 0.7 * 56), INK);
    for (let i = 4; i < 42; i += 9) lantern(sheet, 47 + side * i, 22 + Math.round((i / 40) ** 0.7 * 56), ((i >> 2) + frame + (side > 0 ? 1 : 0)) % 3 > 0);
  }
  return sheet.sprite(47, 76);
}

/** Whether a picture would be in the way of another place's sign, or that in its way. @param {import('./terrain.js').Terrain} land @param {number} middle @param {number} cell @param {Sprite} sprite */
function isInTheWay(land, middle, cell, { x, y, width, height }) {
  const at = cellSpot(land, cell, { x: 0, y: 0, z: 0 });
  const [left, top] = [at.x - x, at.y - y];
  return land.places.some((place) => {
    if (!place.board || place.cell === middle) return false;
    const foot = cellSpot(land, signOf(place.cell), { x: 0, y: 0, z: 0 });
    const half = place.board.width / 2;
    const bottom = foot.y - POST;
    return foot.x + half > left && foot.x - half < left + width && bottom > top && bottom - place.board.height < top + height - LEGS;
  });
}

/** @param {string} placeId @param {string} kind @param {Sprite[]} frames @returns {Mark} */
const markAt = (placeId, kind, frames) => ({
  placeId,
  frames,
  cellIn(land, middle) {
    const cells = MARKED[kind].map(([dx, dy]) => middle + dy * land.side + dx);
    return cells.find((cell) => !isInTheWay(land, middle, cell, frames[0])) ?? cells[0];
  },
});

/** @param {Happening} happening @param {boolean} isStage @returns {Mark[]} */
function markOf({ kind, placeId, text }, isStage) {
  switch (kind) {
    case 'boost': return [markAt('', 'boost', kept('boost', () => FRAMES.map(garland)))];
    case 'thread': return [markAt(placeId, 'thread', kept('thread', () => FRAMES.map(fingerpost)))];
    case 'poll': return [markAt(placeId, 'poll', kept('poll', () => FRAMES.map(ballot)))];
    case 'event': {
      const paint = isStage ? canopy : festoon;
      const where = isStage ? 'show' : placeId ? 'event' : 'outing';
      return [markAt(placeId, where, kept(`event ${isStage} ${text}`, () => FRAMES.map((frame) => paint(text, frame))))];
    }
    default: return [];
  }
}

/**
 * What is to stand where; one of a kind at each place.
 *
 * @param {Iterable<Happening>} happenings
 * @param {Iterable<Channel>} channels
 * @returns {Mark[]}
 */
export function marksFor(happenings, channels) {
  const known = new Map([...channels].map((channel) => [channel.id, channel]));
  /** @type {Map<string, Mark>} */
  const marks = new Map();
  for (const happening of happenings) {
    const { kind, placeId } = happening;
    if (kind !== 'boost' && kind !== 'event' && !placeId) continue;
    for (const mark of markOf(happening, known.get(placeId)?.kind === 'stage')) marks.set(`${kind} ${mark.placeId}`, mark);
  }
  for (const { id, status, kind } of known.values()) {
    if (status && kind === 'voice') marks.set(`status ${id}`, markAt(id, 'status', kept(`status ${status}`, () => [chalkboard(status)])));
  }
  return [...marks.values()].slice(0, 5 * MOST_OF_A_KIND);
}
