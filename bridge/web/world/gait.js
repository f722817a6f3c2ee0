/**
 * How people get from cell to cell: down a field or straight to a cell, around who is in the way, or past them.
 *
 * @typedef {import('./cells.js').Cells} Cells
 * @typedef {import('./settlement.js').Settlement} Settlement
 * @typedef {import('./routes.js').Routes} Routes
 * @typedef {import('./terrain.js').Terrain} Terrain
 */

import { BEFORE } from './cells.js';
import { NONE, WALK } from './crowd.js';
import { STEPS } from './terrain.js';

/** A goal that is but a cell. */
export const STROLL = -2;

const PATIENCE = 5; // tries before who is in the way is asked to swap
const CROWD = 90; // as far from a place, by the field's measure, one can belong to its crowd
const INNER = 16; // as far from it one looks for a gap all around

/**
 * Whether one may step from a cell to its neighbour.
 *
 * @param {Terrain} land
 * @param {number} from
 * @param {number} direction an index into `STEPS`
 */
const passes = ({ ways }, from, direction) => (ways[from] >> direction) & 1;

/** Counts somebody among those who move. @param {import('./crowd.js').Crowd} crowd @param {number} slot */
export function setOff(crowd, slot) {
  if (crowd.state[slot] === WALK) return;
  crowd.state[slot] = WALK;
  crowd.sitsUntil[slot] = -Infinity;
  crowd.rank[slot] = crowd.movers;
  crowd.moving[crowd.movers++] = slot;
}

export class Gait {
  #land;
  #routes;
  #cells;
  #crowd;

  /** @param {Terrain} land @param {Routes} routes @param {Cells} cells @param {Settlement} crowd */
  constructor(land, routes, cells, crowd) {
    this.#land = land;
    this.#routes = routes;
    this.#cells = cells;
    this.#crowd = crowd;
  }

  /**
   * Takes the next step on one's way, if there is one.
   *
   * @param {number} slot
   * @param {boolean} [content] whether one has arrived already, and would only come closer
   * @returns {boolean} whether there was
   */
  advance(slot, content = false) {
    const { cell, target } = this.#crowd;
    const goal = this.#crowd.goal[slot];
    if (this.#cells.boards(slot, goal).includes(cell[slot])) return false;
    if (goal < 0) return goal === STROLL && this.approach(slot);
    if (target[slot] !== NONE) {
      if (target[slot] === cell[slot]) return false;
      if (this.approach(slot)) return true;
      target[slot] = NONE; // somebody is in the way, or was quicker
    }
    return this.#follow(slot, this.#routes.to(goal), content);
  }

  /**
   * Down a field: to a free cell that is nearer; else around; else past whoever is in the way.
   *
   * @param {number} slot
   * @param {import('./routes.js').Field} field
   * @param {boolean} content
   */
  #follow(slot, field, content) {
    const { goal: goals, tries, facing } = this.#crowd;
    const { holder } = this.#cells;
    const goal = goals[slot];
    const cell = this.#crowd.cell[slot];
    const here = field(cell);
    if (!here) return false;
    let best = -1;
    let bestFar = here;
    let aside = -1;
    let other = NONE;
    const turn = slot & 1 ? 1 : 7;
    for (let i = 0, direction = facing[slot]; i < 8; i++, direction = (direction + turn) % 8) {
      if (!passes(this.#land, cell, direction)) continue;
      const to = cell + STEPS[direction].dy * this.#land.side + STEPS[direction].dx;
      const far = field(to);
      if (holder[to] === NONE) {
        const much = far < here && this.#hides(to) ? here - 0.5 : far; // steps aside for who talks
        if (much < bestFar) [best, bestFar] = [direction, much];
        else if (far <= here + 1 && aside < 0 && i < 4) aside = direction;
      } else if (far < here && other < 0) {
        other = holder[to];
      }
    }
    if (best >= 0) return this.#start(slot, best);
    if (content) return false;
    if (goal < this.#land.places.length && here < CROWD && this.#cells.isSettled(other, goal)) {
      if (aside >= 0 && here < INNER && tries[slot] < 8) {
        tries[slot] += 1;
        return this.#start(slot, aside);
      }
      return false; // the crowd begins here
    }
    tries[slot] += 1;
    if (aside >= 0 && tries[slot] <= PATIENCE) return this.#start(slot, aside);
    if (other >= 0 && tries[slot] > 2) return this.#swap(slot, other);
    return false;
  }

  /** Whether somebody there would be in the way of who has something to say. @param {number} cell */
  #hides(cell) {
    const { talkUntil, tick } = this.#crowd;
    return BEFORE.some(([dx, dy]) => {
      const other = this.#cells.holder[cell - dy * this.#land.side - dx];
      return other >= 0 && talkUntil[other] > tick;
    });
  }

  /** Straight towards one's target, as far as the way is free. @param {number} slot @returns {boolean} whether it is */
  approach(slot) {
    const { side, zone } = this.#land;
    const { holder } = this.#cells;
    const cell = this.#crowd.cell[slot];
    const target = this.#crowd.target[slot];
    const isStroll = this.#crowd.goal[slot] === STROLL;
    const tx = target % side;
    const ty = (target / side) | 0;
    const x = cell % side;
    const y = (cell / side) | 0;
    let best = -1;
    let bestFar = Math.hypot(tx - x, ty - y);
    for (let direction = 0; direction < 8; direction++) {
      const { dx, dy } = STEPS[direction];
      const far = Math.hypot(tx - x - dx, ty - y - dy);
      const to = cell + dy * side + dx;
      if (far >= bestFar || holder[to] !== NONE || !passes(this.#land, cell, direction)) continue;
      if (isStroll && zone[to] && !zone[cell]) continue; // places are for those who have something to say there
      [best, bestFar] = [direction, far];
    }
    return best >= 0 && this.#start(slot, best);
  }

  /** Two pass each other. @param {number} slot @param {number} other */
  #swap(slot, other) {
    const { cell, state, fading, tries } = this.#crowd;
    const { holder } = this.#cells;
    if (state[other] === WALK || fading[other]) return false;
    const mine = cell[slot];
    const theirs = cell[other];
    this.#jump(slot, theirs);
    this.#jump(other, mine);
    holder[theirs] = slot;
    holder[mine] = other;
    tries[slot] = 0;
    return true;
  }

  /** @param {number} slot @param {number} direction */
  #start(slot, direction) {
    const { dx, dy } = STEPS[direction];
    this.hop(slot, this.#crowd.cell[slot] + dy * this.#land.side + dx);
    return true;
  }

  /** Sets off for a free cell. @param {number} slot @param {number} to */
  hop(slot, to) {
    this.#cells.move(slot, to);
    this.#jump(slot, to);
  }

  /** @param {number} slot @param {number} to */
  #jump(slot, to) {
    const crowd = this.#crowd;
    crowd.look(slot, to);
    crowd.from[slot] = crowd.cell[slot];
    crowd.cell[slot] = to;
    crowd.hop[slot] = 0;
    setOff(crowd, slot);
  }
}
