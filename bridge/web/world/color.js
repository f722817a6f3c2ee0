/**
 * Colours: OKLCH to think in, packed 32 bits to draw with.
 *
 * Packed colours are as a Uint32Array over canvas pixels has them on a little-endian machine: 0xAABBGGRR.
 *
 * @typedef {[red: number, green: number, blue: number]} Rgb each from 0 to 1, gamma-encoded
 * @typedef {[lightness: number, chroma: number, hue: number]} Lch lightness from 0 to 1, hue in degrees
 */

/** @param {number} c */
const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);

/** @param {number} c */
const encoded = (c) => (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055);

/** @param {number} c */
const unit = (c) => Math.min(1, Math.max(0, c));

/** @param {Lch} color @returns {Rgb} unclamped: outside 0 to 1 where the screen can't show it */
function convert([lightness, chroma, hue]) {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    encoded(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    encoded(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    encoded(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/**
 * The nearest colour a screen can show: same lightness and hue, as much chroma as there is room for.
 *
 * @param {Lch} color
 * @returns {Rgb}
 */
export function fromLch([lightness, chroma, hue]) {
  for (let left = chroma; left > 0.004; left -= 0.004) {
    const rgb = convert([lightness, left, hue]);
    if (Math.min(...rgb) > -0.001 && Math.max(...rgb) < 1.001) return [unit(rgb[0]), unit(rgb[1]), unit(rgb[2])];
  }
  const grey = unit(convert([lightness, 0, 0])[0]);
  return [grey, grey, grey];
}

/** @param {Rgb} color @returns {Lch} */
export function toLch([red, green, blue]) {
  const r = linear(red);
  const g = linear(green);
  const b = linear(blue);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  const a = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s;
  const bb = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s;
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    Math.hypot(a, bb),
    ((Math.atan2(bb, a) * 180) / Math.PI + 360) % 360,
  ];
}

/** @param {string} hex `#rrggbb` @returns {Rgb} */
export function parseHex(hex) {
  const bits = parseInt(hex.slice(1), 16);
  return [(bits >> 16) / 255, ((bits >> 8) & 255) / 255, (bits & 255) / 255];
}

/** @param {Rgb} color */
export function pack([red, green, blue], alpha = 255) {
  const byte = (/** @type {number} */ c) => Math.round(unit(c) * 255);
  return ((alpha << 24) | (byte(blue) << 16) | (byte(green) << 8) | byte(red)) >>> 0;
}

/**
 * Shades of a colour from dark to light. Shadows turn towards blue and lights towards yellow, as under a sky.
 *
 * @param {Lch} base
 * @param {number[]} steps lightness added to the base's, one shade each
 * @returns {Rgb[]}
 */
export function ramp([lightness, chroma, hue], steps) {
  return steps.map((step) => {
    const aim = step < 0 ? 265 : 95;
    const turn = ((aim - hue + 540) % 360) - 180;
    const l = Math.min(0.985, Math.max(0.1, lightness + step));
    return fromLch([l, chroma * (step < 0 ? 1 : 0.92), hue + Math.sign(turn) * Math.min(Math.abs(turn), Math.abs(step) * 60)]);
  });
}

/**
 * A role's colour as a body wears it: bright enough on grass at night, dark enough on sand.
 *
 * @param {string | null} hex
 * @param {string} [second] of a gradient: what it runs into
 * @param {number} [share] how far down
 * @returns {Lch}
 */
export function bodyColor(hex, second, share = 0) {
  if (!hex) return [0.77, 0.028, 72];
  const from = parseHex(hex);
  const to = second ? parseHex(second) : from;
  const mixed = /** @type {Rgb} */ (from.map((c, i) => c + (to[i] - c) * share));
  const [lightness, chroma, hue] = toLch(mixed);
  return [Math.min(0.8, Math.max(0.52, lightness)), Math.min(chroma, 0.19), hue];
}
