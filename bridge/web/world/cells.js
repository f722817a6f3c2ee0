/**
 * Who holds which cell of an island, and which are good to stay at. Nobody ever stands on another.
 *
 * @typedef {import('./crowd.js').Crowd} Crowd
 * @typedef {import('./routes.js').Routes} Routes
 * @typedef {import('./terrain.js').Terrain} Terrain
 */

import { NONE, WALK } from './crowd.js';
import { signOf } from './isle.js';
import { mix } from './random.js';
import { NOWHERE } from './routes.js';
import { HIDDEN, clearSigns, measureCover } from './sight.js';
import { finish, through } from './slices.js';
import { HALF_WIDTH } from './spots.js';
import { PLANKS, STEPS } from './terrain.js';

const ROOMY = 14; // cells around a place: nearer than that people keep one free between them, as long as they can
const TRIES = 99; // cells of a meadow, before one takes any that is free
const BETWEEN = 40; // how much nearer a cell must be, by eighths of the field's measure, to stand out of line
const WIDTH = 2 * ROOMY + 1;
const FIRST_RING = 2.2; // cells from the middle of a place to its first ring, from there to the next, and between two in it
const NEXT_RING = 2;
const SEATS_APART = 2.3;
const BELOW_SIGNS = 2; // rows before a sign, in which one hides its name
const HALF_A_FIGURE = 4; // pixels, without what is round
const MASKED = 110; // how much of one who stays may be hidden by others and all else
/** How much of somebody is hidden by who stands right before them, and beside that. */
export const BEFORE = [[1, 1, 110], [1, 0, 61], [0, 1, 61]];

/**
 * Where around a place one stands first: in rings around it, each a step apart from the next, so that nobody is right
 * before somebody else.
 */
const SEAT_MAP = new Uint8Array(WIDTH * WIDTH);
for (const [dx, dy] of [[-2, 0], [-2, -2], [0, -2], [2, -2], [2, 0], [-1, 2]]) SEAT_MAP[(dy + ROOMY) * WIDTH + dx + ROOMY] = 1; // not where the sign is
for (let ring = 1; ring * NEXT_RING + FIRST_RING < ROOMY; ring++) {
  const far = FIRST_RING + ring * NEXT_RING;
  const count = Math.floor((2 * Math.PI * far) / SEATS_APART);
  for (let i = 0; i < count; i++) {
    const angle = ((i + (ring & 1) / 2) * 2 * Math.PI) / count;
    SEAT_MAP[(Math.round(Math.sin(angle) * far) + ROOMY) * WIDTH + Math.round(Math.cos(angle) * far) + ROOMY] = 1;
  }
}

/**
 * What one sees of people on a land that doesn't change: `cover` is how much of somebody at each cell is hidden,
 * `meadows` are the cells away from places, those that are in the open and the others.
 *
 * @typedef {{cover: Uint8Array, meadows: [number[], number[]]}} Lay
 * @type {WeakMap<Terrain, Lay>}
 */
const lays = new WeakMap();

/** Looks a land over, which takes long, before people come to it. @param {Terrain} land @returns {Generator<void, Lay>} */
export function* survey(land) {
  const { open, zone, ground, first, last } = land;
  yield* clearSigns(land);
  const cover = yield* measureCover(land);
  /** @type {[number[], number[]]} */
  const meadows = [[], []];
  yield* through(last - first, (i) => {
    const cell = first + i;
    if (open[cell] && !zone[cell] && ground[cell] !== PLANKS) meadows[cover[cell] < HIDDEN ? 0 : 1].push(cell);
  });
  const lay = { cover, meadows };
  lays.set(land, lay);
  return lay;
}

export class Cells {
  /** Who holds each cell. */
  holder;
  #land;
  #routes;
  #crowd;
  /** How much of somebody at each cell is hidden. */
  cover;
  /** Where one would stand before a sign. @type {Set<number>} */
  #beforeSigns = new Set();
  #meadows;
  /** How far around each place nobody has found room in this step; under -1 less its number, nobody has found a free cell. @type {Map<number, number>} */
  #full = new Map();
  #fullAt = -1;

  /** @param {Terrain} land @param {Routes} routes @param {Crowd} crowd */
  constructor(land, routes, crowd) {
    this.#land = land;
    this.#routes = routes;
    this.#crowd = crowd;
    this.holder = new Int32Array(land.side * land.side).fill(NONE);
    const { cover, meadows } = lays.get(land) ?? finish(survey(land));
    this.cover = cover;
    this.#meadows = meadows;
    for (const { cell, board } of land.places) if (board) this.#keepClear(signOf(cell), board.width / 2 + HALF_A_FIGURE);
  }

  /** @param {number} sign @param {number} wide how far from its middle somebody is beside it, in pixels */
  #keepClear(sign, wide) {
    for (let down = 1; down <= BELOW_SIGNS; down++) {
      for (let aside = -Math.floor(wide / HALF_WIDTH); aside * HALF_WIDTH <= wide; aside++) {
        if (!((down + aside) & 1)) this.#beforeSigns.add(sign + (down + aside) / 2 + ((down - aside) / 2) * this.#land.side);
      }
    }
  }

  /** Whether nobody would be in the way of somebody there. @param {number} cell @param {number} [slot] */
  isFree(cell, slot = NONE) {
    return this.holder[cell] === NONE || this.holder[cell] === slot;
  }

  /** Whether one can stand there and be seen. @param {number} cell */
  isInSight(cell) {
    return this.#land.open[cell] > 0 && this.cover[cell] < HIDDEN;
  }

  /** Holds a cell for somebody rather than the one they had. @param {number} slot @param {number} cell */
  move(slot, cell) {
    this.leave(slot);
    this.holder[cell] = slot;
  }

  /** @param {number} slot */
  leave(slot) {
    const cell = this.#crowd.cell[slot];
    if (cell >= 0 && this.holder[cell] === slot) this.holder[cell] = NONE;
  }

  /**
   * Where at a destination somebody may stand to be seen by all: on a stage, if they speak there.
   *
   * @param {number} slot
   * @param {number} goal
   * @returns {number[]}
   */
  boards(slot, goal) {
    const voice = this.#crowd.members[slot]?.voice;
    const place = this.#land.places[goal];
    return voice?.speaker && place?.id === voice.channelId ? place.boards : [];
  }

  /** Whether that is somebody who stays at a place. @param {number} other @param {number} goal */
  isSettled(other, goal) {
    const crowd = this.#crowd;
    return other >= 0 && crowd.goal[other] === goal && (crowd.state[other] !== WALK || crowd.fading[other] > 0) && !crowd.leaving[other];
  }

  /** Whether nobody who stays at a place would be right beside somebody there, and nothing hides them, nor they a sign. @param {number} cell @param {number} slot @param {number} goal */
  isRoomy(cell, slot, goal) {
    if (!this.isInSight(cell) || this.#beforeSigns.has(cell)) return false;
    for (const { dx, dy } of STEPS) {
      const other = this.holder[cell + dy * this.#land.side + dx];
      if (other !== slot && this.isSettled(other, goal)) return false;
    }
    return true;
  }

  /** Whether somebody would be seen there who stays, and hide nobody who does. @param {number} cell @param {number} slot @param {number} goal */
  isClear(cell, slot, goal) {
    if (!this.isInSight(cell) || this.#masked(cell, slot, goal) > MASKED) return false;
    const { side } = this.#land;
    return BEFORE.every(([dx, dy, much]) => {
      const behind = cell - dy * side - dx;
      const other = this.holder[behind];
      return other === slot || !this.isSettled(other, goal) || this.#masked(behind, slot, goal) + much <= MASKED;
    });
  }

  /** How much of who is at a cell is hidden, also by those before them. @param {number} cell @param {number} slot who doesn't count @param {number} goal */
  #masked(cell, slot, goal) {
    const { side } = this.#land;
    return BEFORE.reduce((sum, [dx, dy, much]) => {
      const other = this.holder[cell + dy * side + dx];
      return other !== slot && this.isSettled(other, goal) ? sum + much : sum;
    }, this.cover[cell]);
  }

  /** A free cell around a place, as near as there is one. @param {number} place @param {number} slot */
  room(place, slot) {
    const board = this.boards(slot, place).find((cell) => this.isFree(cell, slot));
    if (board !== undefined) return board;
    const { tick } = this.#crowd;
    if (this.#fullAt !== tick) this.#full.clear();
    this.#fullAt = tick;
    const { side } = this.#land;
    for (const keepsRoom of [true, false]) {
      const key = keepsRoom ? place : -1 - place;
      for (let reach = this.#full.get(key) ?? 2; reach < (keepsRoom ? ROOMY : side); reach += 2) {
        this.#full.set(key, reach);
        const cell = this.#nearest(place, slot, reach, keepsRoom);
        if (cell >= 0) return cell;
      }
      this.#full.set(key, side);
    }
    return this.clearing(slot);
  }

  /**
   * The nearest free cell around a place, or -1. Far out only the outermost ring is looked at: within it
   * nobody has found one in this step.
   *
   * @param {number} place
   * @param {number} slot
   * @param {number} reach how far around it, in cells
   * @param {boolean} keepsRoom whether one is to be free on every side
   */
  #nearest(place, slot, reach, keepsRoom) {
    const field = this.#routes.to(place);
    const { side, open, places } = this.#land;
    const self = this.#crowd.self[slot];
    const { x, y } = places[place];
    let best = -1;
    let bestFar = NOWHERE;
    for (let dy = -reach; dy <= reach; dy++) {
      const hole = reach > ROOMY && Math.abs(dy) < reach - 1 && 1 - reach;
      for (let dx = -reach; dx <= reach; dx += dx === hole ? 2 * reach - 2 : 1) {
        const cell = (y + dy) * side + x + dx;
        if (x + dx < 0 || x + dx >= side || !open[cell] || !this.isFree(cell, slot)) continue;
        const between = keepsRoom && reach <= ROOMY && !SEAT_MAP[(dy + ROOMY) * WIDTH + dx + ROOMY] ? BETWEEN : 0;
        const far = field(cell) * 8 + between + (mix(self, cell) & 7);
        if (far >= bestFar || !(keepsRoom ? this.isRoomy(cell, slot, place) : this.isClear(cell, slot, place))) continue;
        [best, bestFar] = [cell, far];
      }
    }
    return best;
  }

  /** Whether nobody is right before or behind somebody there. @param {number} cell @param {number} slot */
  isApart(cell, slot) {
    const step = this.#land.side + 1;
    return this.isFree(cell - step, slot) && this.isFree(cell + step, slot);
  }

  /** A free cell somewhere, before and behind nobody as long as there is one. @param {number} slot */
  clearing(slot) {
    for (const meadow of this.#meadows) {
      const start = mix(this.#crowd.self[slot], this.#land.seed) % meadow.length;
      let free = -1;
      for (let i = 0; i < TRIES; i++) {
        const cell = meadow[(start + i * 7919) % meadow.length];
        if (this.holder[cell] !== NONE) continue;
        if (this.isApart(cell, slot)) return cell;
        free = cell;
      }
      if (free >= 0) return free;
    }
    const cell = this.#land.open.findIndex((one, at) => one > 0 && this.holder[at] === NONE);
    if (cell < 0) throw new Error('no free cell');
    return cell;
  }
}
