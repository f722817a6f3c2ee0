/** Where a category is, for who looks from afar. */

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
