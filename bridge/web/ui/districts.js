/**
 * Which category is where, for who looks from afar.
 *
 * @typedef {import('./layout.js').Rect} Rect
 */

const NAME_AREA = 60_000; // square pixels of the view for each name
const SPOTS = 6; // places of a category, where its name may stand

/**
 * Of each category its places: first those that have most of the others around them.
 *
 * @template {{category: string, x: number, y: number}} Place
 * @param {readonly Place[]} places
 * @returns {Map<string, Place[]>}
 */
export function centres(places) {
  /** @type {Map<string, Place[]>} */
  const districts = new Map();
  for (const place of places) {
    const own = districts.get(place.category);
    if (own) own.push(place);
    else if (place.category) districts.set(place.category, [place]);
  }
  for (const own of districts.values()) {
    const half = Math.ceil(own.length / 2); // they may lie all around the heart: then where most of them are
    const spread = new Map(own.map((one) => {
      const far = own.map((other) => Math.hypot(one.x - other.x, one.y - other.y)).sort((a, b) => a - b);
      return [one, far.slice(0, half + 1).reduce((sum, each) => sum + each, 0)];
    }));
    own.sort((a, b) => (spread.get(a) ?? 0) - (spread.get(b) ?? 0));
  }
  return districts;
}

export class Districts {
  /** Of which land that is. @type {unknown} */
  #land = null;
  /** @type {Map<string, {id: string}[]>} */
  #places = new Map();

  /**
   * Which of them have a name, the first ones first: as many as there is room for.
   *
   * @param {import('../world/world.js').World['shape']['terrain']} land
   * @param {Iterable<{category: string}>} channels
   * @param {Rect} free
   * @returns {string[]}
   */
  named(land, channels, free) {
    if (land !== this.#land) this.#places = centres(land.places);
    this.#land = land;
    const names = new Set([...channels].map(({ category }) => category).filter((category) => category));
    return [...names].slice(0, ((free.right - free.left) * (free.bottom - free.top)) / NAME_AREA);
  }

  /** The channels at whose places a name may stand, the best first. @param {string} category */
  spots(category) {
    return (this.#places.get(category) ?? []).slice(0, SPOTS).map(({ id }) => id);
  }
}
