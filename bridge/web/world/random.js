/** Chance that is the same for everyone: everything grown from an id comes from here. */

/**
 * A text as 32 well mixed bits.
 *
 * @param {string} text
 */
export function hash(text) {
  let bits = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) bits = Math.imul(bits ^ text.charCodeAt(i), 0x01000193);
  return mix(bits);
}

/**
 * Some numbers as 32 well mixed bits.
 *
 * @param {number} a
 */
export function mix(a, b = 0, c = 0) {
  let bits = (a ^ Math.imul(b, 0x9e3779b1) ^ Math.imul(c, 0x85ebca77)) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x7feb352d);
  bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** A stream of chance from a seed. */
export class Random {
  #state;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, but never, 1. */
  next() {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    return mix(this.#state) / 0x100000000;
  }
}

/**
 * Smooth noise from 0 to 1 over the plane, with bumps about one unit wide.
 *
 * @param {number} seed
 * @param {number} x
 * @param {number} y
 */
export function noise(seed, x, y) {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const fx = (x - left) ** 2 * (3 - 2 * (x - left));
  const fy = (y - top) ** 2 * (3 - 2 * (y - top));
  const above = mix(seed, left, top) * (1 - fx) + mix(seed, left + 1, top) * fx;
  const below = mix(seed, left, top + 1) * (1 - fx) + mix(seed, left + 1, top + 1) * fx;
  return (above * (1 - fy) + below * fy) / 0xffffffff;
}
