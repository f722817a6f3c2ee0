/**
 * Which part of the island is seen, and how large. Pixels are never drawn at anything but whole multiples;
 * smaller than one to one there is a picture at half the size.
 *
 * @typedef {{left: number, right: number, top: number, bottom: number}} Bounds
 */

const LARGEST = 8; // screen pixels for one of art, for each pixel of CSS
const MOST_PIXELS = 2_300_000; // drawn in a frame: more than that no software does sixty times a second

export class Camera {
  /** The middle of what is seen, in full-size art pixels. */
  x = 0;
  y = 0;
  /** Screen pixels for one of art. 0.5: drawn at half the size. */
  zoom = 2;
  width = 1;
  height = 1;
  density = 1;
  /** @type {Bounds} */
  bounds = { left: -100, right: 100, top: -50, bottom: 50 };

  /** @param {number} width in screen pixels @param {number} height @param {number} density screen pixels for one of CSS */
  resize(width, height, density) {
    this.width = width;
    this.height = height;
    this.density = density;
    this.zoom = this.#allowed(this.zoom);
  }

  /** Whether the picture at half the size is the one to draw. */
  get isFar() {
    return this.zoom < 1;
  }

  /** Screen pixels for a drawn pixel. */
  get pixel() {
    return Math.max(1, this.zoom);
  }

  get smallest() {
    for (let zoom = 0.5; ; zoom = Math.floor(zoom + 1)) {
      if ((this.width * this.height) / Math.max(1, zoom) ** 2 <= MOST_PIXELS) return zoom;
    }
  }

  /** @param {number} zoom */
  #allowed(zoom) {
    const whole = zoom < 1 ? 0.5 : Math.round(zoom);
    return Math.min(Math.max(whole, this.smallest), Math.ceil(LARGEST * this.density));
  }

  /** The largest zoom at which everything is in view. */
  get whole() {
    const { left, right, top, bottom } = this.bounds;
    const zoom = Math.min(this.width / (right - left + 8), this.height / (bottom - top + 24), 4 * this.density);
    return this.#allowed(zoom < 1 ? 0.5 : Math.floor(zoom));
  }

  fit() {
    const { left, right, top, bottom } = this.bounds;
    this.zoom = this.whole;
    this.x = (left + right) / 2;
    this.y = (top + bottom) / 2;
  }

  /** @param {number} dx in screen pixels @param {number} dy */
  pan(dx, dy) {
    this.x -= dx / this.zoom;
    this.y -= dy / this.zoom;
    this.#hold();
  }

  /** @param {number} steps @param {number} x the point in screen pixels that stays @param {number} y */
  zoomBy(steps, x, y) {
    const ahead = steps > 0;
    let zoom = this.zoom;
    for (let i = 0; i < Math.abs(steps); i++) zoom = ahead ? (zoom < 1 ? 1 : zoom + Math.max(1, Math.floor(zoom / 4))) : zoom <= 1 ? 0.5 : zoom - Math.max(1, Math.floor(zoom / 5));
    zoom = this.#allowed(zoom);
    const dx = x - this.width / 2;
    const dy = y - this.height / 2;
    this.x += dx / this.zoom - dx / zoom;
    this.y += dy / this.zoom - dy / zoom;
    this.zoom = zoom;
    this.#hold();
  }

  #hold() {
    const { left, right, top, bottom } = this.bounds;
    this.x = Math.min(right, Math.max(left, this.x));
    this.y = Math.min(bottom, Math.max(top, this.y));
  }
}
