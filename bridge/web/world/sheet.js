/**
 * A small picture while it is painted, pixel by pixel; and as it is kept.
 *
 * @typedef {{width: number, height: number, x: number, y: number, inks: Uint8Array}} Sprite
 *   `x` and `y`: where in the picture the point is that it is put down by
 */

/** @typedef {number | ((along: number, up: number) => number)} Paint an ink, or one for each point; 0 leaves it */

export class Sheet {
  /** @param {number} width @param {number} height */
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.inks = new Uint8Array(width * height);
  }

  /** @param {number} x @param {number} y */
  get(x, y) {
    return x >= 0 && y >= 0 && x < this.width && y < this.height ? this.inks[y * this.width + x] : 0;
  }

  /** @param {number} x @param {number} y @param {number} ink */
  set(x, y, ink) {
    if (x >= 0 && y >= 0 && x < this.width && y < this.height) this.inks[y * this.width + x] = ink;
    return this;
  }

  /** @param {number} x @param {number} y @param {number} width @param {number} height @param {number} ink */
  rect(x, y, width, height, ink) {
    for (let dy = 0; dy < height; dy++) for (let dx = 0; dx < width; dx++) this.set(x + dx, y + dy, ink);
    return this;
  }

  /**
   * Rows of letters, each standing for an ink; anything that isn't named is left alone.
   *
   * @param {number} x
   * @param {number} y
   * @param {string[]} rows
   * @param {Record<string, number>} inks
   */
  rows(x, y, rows, inks) {
    rows.forEach((row, dy) => [...row].forEach((letter, dx) => {
      if (letter in inks) this.set(x + dx, y + dy, inks[letter]);
    }));
    return this;
  }

  /**
   * A block on the ground, as everything is seen: its top, the face to the lower left and the one to the lower right.
   *
   * @param {number} cx the middle of its ground
   * @param {number} cy
   * @param {number} w along the lower right edge, in pixels across; even, as `d` is
   * @param {number} d along the lower left edge
   * @param {number} z how far above the ground it is
   * @param {number} h
   * @param {Paint} top
   * @param {Paint} left
   * @param {Paint} right
   */
  box(cx, cy, w, d, z, h, top, left, right) {
    const front = cx + (w - d) / 2;
    const back = cx - (w - d) / 2;
    const rise = Math.floor(cy - (w + d) / 4 - z);
    const ink = (/** @type {Paint} */ paint, /** @type {number} */ u, /** @type {number} */ v) => (typeof paint === 'number' ? paint : paint(u, v));
    for (let x = back - d; x < back + w; x++) {
      const isLeft = x < front;
      let low = -1;
      for (let y = 0; y < (w + d) / 2; y++) {
        const u = y + (x - back) / 2 + 0.75;
        const v = u - (x - back) - 0.5;
        if (u < 0 || v < 0 || u >= w || v >= d) continue;
        low = y;
        const over = ink(top, u, v);
        if (over) this.set(x, rise + y - h, over);
      }
      for (let up = 0; up < h && low >= 0; up++) {
        const face = isLeft ? ink(left, x - back + d, up) : ink(right, x - front, up);
        if (face) this.set(x, rise + low - up, face);
      }
    }
    return this;
  }

  /**
   * An ellipse lit like a ball from the upper left.
   *
   * @param {number} cx
   * @param {number} cy
   * @param {number} rx
   * @param {number} ry
   * @param {number} ink the darkest of the shades
   * @param {number} shades
   * @param {(x: number, y: number) => number} [grain] moves a pixel's shade
   * @param {number} [round] 2 is an ellipse, more is boxier
   */
  ball(cx, cy, rx, ry, ink, shades, grain = () => 0, round = 2) {
    for (let y = Math.floor(cy - ry); y <= cy + ry; y++) {
      for (let x = Math.floor(cx - rx); x <= cx + rx; x++) {
        const dx = (x + 0.5 - cx) / rx;
        const dy = (y + 0.5 - cy) / ry;
        const far = Math.abs(dx) ** round + Math.abs(dy) ** round;
        if (far > 1) continue;
        const up = Math.sqrt(Math.max(0, 1 - dx * dx - dy * dy));
        const light = -dx * 0.42 - dy * 0.62 + up * 0.62;
        const shade = Math.floor((light * 0.62 + 0.42) * shades + grain(x, y));
        this.set(x, y, ink + Math.min(shades - 1, Math.max(0, shade)));
      }
    }
    return this;
  }

  /** A rim around what is painted so far. @param {number} ink */
  outline(ink) {
    const before = this.inks.slice();
    const at = (/** @type {number} */ x, /** @type {number} */ y) =>
      x >= 0 && y >= 0 && x < this.width && y < this.height && before[y * this.width + x] > 0;
    for (let y = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++) {
        if (!at(x, y) && (at(x - 1, y) || at(x + 1, y) || at(x, y - 1) || at(x, y + 1))) this.set(x, y, ink);
      }
    }
    return this;
  }

  /** Puts another picture of the same size in front. @param {Sheet} sheet */
  with(sheet) {
    sheet.inks.forEach((ink, i) => { if (ink) this.inks[i] = ink; });
    return this;
  }

  /** @param {number} x @param {number} y @returns {Sprite} */
  sprite(x, y) {
    return { width: this.width, height: this.height, x, y, inks: this.inks };
  }
}

/** @param {Sprite} sprite @returns {Sprite} */
export function mirrored({ width, height, x, y, inks }) {
  const turned = inks.slice();
  for (let i = 0; i < inks.length; i++) turned[i] = inks[i - (i % width) + width - 1 - (i % width)];
  return { width, height, x: width - x, y, inks: turned };
}

/** At half the size: of every four pixels the one that is painted most often, the darkest of equals. @param {Sprite} sprite @returns {Sprite} */
export function halved({ width, height, x, y, inks }) {
  // so that the point it is put down by stays on a corner
  const padX = x & 1;
  const padY = y & 1;
  const half = new Sheet((width + padX + 1) >> 1, (height + padY + 1) >> 1);
  const at = (/** @type {number} */ px, /** @type {number} */ py) =>
    px < 0 || py < 0 || px >= width || py >= height ? 0 : inks[py * width + px];
  const four = new Uint8Array(4);
  for (let row = 0; row < half.height; row++) {
    for (let column = 0; column < half.width; column++) {
      for (let i = 0; i < 4; i++) four[i] = at(column * 2 - padX + (i & 1), row * 2 - padY + (i >> 1));
      half.set(column, row, foremost(four));
    }
  }
  return half.sprite((x + padX) >> 1, (y + padY) >> 1);
}

/** Which ink there is most of in four pixels; none if fewer than two are painted. @param {Uint8Array} four */
function foremost(four) {
  let best = 0;
  let most = 0;
  let painted = 0;
  for (let i = 0; i < 4; i++) {
    if (!four[i]) continue;
    painted += 1;
    let count = 0;
    for (let j = 0; j < 4; j++) if (four[j] === four[i]) count += 1;
    if (count > most) [best, most] = [four[i], count];
  }
  return painted < 2 ? 0 : best;
}
