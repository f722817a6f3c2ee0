/**
 * Ways over the island. One search per destination serves everyone who goes there.
 *
 * @typedef {import('./terrain.js').Terrain} Terrain
 */

export const NOWHERE = 0xffff;
const KEPT = 24e6; // cells of all fields; the one that was not asked for longest is forgotten first

/** The eight ways to step: along `x`, along `y`, and whether both. */
export const STEPS = [[1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0], [-1, -1], [0, -1], [1, -1]].map(([dx, dy]) => ({ dx, dy }));

/**
 * Whether one may step from a cell to its neighbour: dry, not too high, and not through a corner.
 *
 * @param {Terrain} land
 * @param {number} from
 * @param {number} direction an index into `STEPS`
 */
export function passes({ side, open, height }, from, direction) {
  const { dx, dy } = STEPS[direction];
  const to = from + dy * side + dx;
  if (!open[to] || Math.abs(height[to] - height[from]) > 1) return false;
  if (!dx || !dy) return true;
  const past = from + dx;
  const beside = from + dy * side;
  return open[past] + open[beside] > 0
    && Math.abs(height[past] - height[from]) <= 1 && Math.abs(height[beside] - height[from]) <= 1;
}

/** What one looks at from the front. */
const FLAT = ['stage', 'board'];

/**
 * The cells around a place where one stands first: those of the innermost ring.
 *
 * @param {Terrain} land
 * @param {import('./terrain.js').Place} place
 */
export function ring({ side, open, height }, { cell, thing }) {
  const back = FLAT.includes(thing) ? 0 : -4;
  const found = [];
  for (let dy = -2; dy <= 2; dy++) {
    for (let dx = -2; dx <= 2; dx++) {
      const far = dx * dx + dy * dy;
      const near = cell + dy * side + dx;
      if (far >= 2 && far <= 5 && dx + dy >= back && open[near] && height[near] === height[cell]) found.push(near);
    }
  }
  return found;
}

export class Routes {
  #land;
  /** @type {Map<number, Uint16Array>} */
  #fields = new Map();

  /** @param {Terrain} land */
  constructor(land) {
    this.#land = land;
  }

  /** The destination that is the pier, and the one that is the tents; places come before. */
  get pier() {
    return this.#land.places.length;
  }

  get camp() {
    return this.#land.places.length + 1;
  }

  /**
   * How far each cell is from a destination.
   *
   * @param {number} destination
   */
  to(destination) {
    const field = this.#fields.get(destination) ?? measure(this.#land, this.#starts(destination));
    this.#fields.delete(destination); // to the end of the list
    this.#fields.set(destination, field);
    if (this.#fields.size * field.length > KEPT) {
      const [oldest] = this.#fields.keys();
      this.#fields.delete(oldest);
    }
    return field;
  }

  /** @param {number} destination */
  #starts(destination) {
    const land = this.#land;
    if (destination === this.pier) return [land.pier[land.pier.length - 1]];
    const stands = destination === this.camp
      ? land.tents.flatMap((cell) => [cell + 1, cell + land.side, cell - 1, cell - land.side]).filter((cell) => land.open[cell])
      : ring(land, land.places[destination]);
    return stands.length ? stands : [land.pier[0]];
  }
}

/**
 * Distances from some cells over all that can be walked, by buckets: a straight step costs 3, a slanting one 4,
 * and one less on a trail.
 *
 * @param {Terrain} land
 * @param {number[]} starts
 */
function measure(land, starts) {
  const { side, trail } = land;
  const field = new Uint16Array(land.open.length).fill(NOWHERE);
  /** @type {number[][]} */
  const buckets = [[], [], [], [], []];
  for (const start of starts) {
    field[start] = 0;
    buckets[0].push(start);
  }
  let waiting = starts.length;
  for (let cost = 0; waiting; cost++) {
    const bucket = buckets[cost % 5];
    for (let cell = bucket.pop(); cell !== undefined; cell = bucket.pop()) {
      waiting -= 1;
      if (field[cell] !== cost) continue;
      for (let direction = 0; direction < 8; direction++) {
        if (!passes(land, cell, direction)) continue;
        const to = cell + STEPS[direction].dy * side + STEPS[direction].dx;
        const through = cost + 3 + (direction & 1) - trail[to];
        if (through >= field[to]) continue;
        field[to] = through;
        buckets[through % 5].push(to);
        waiting += 1;
      }
    }
  }
  return field;
}
