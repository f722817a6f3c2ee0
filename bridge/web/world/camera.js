/**
 * Which part of the island is seen, and how large. Pixels are drawn at whole multiples only; smaller than one to
 * one there is a picture at half the size. Everything here is in the screen's pixels, or in those of the art.
 *
 * @typedef {{left: number, right: number, top: number, bottom: number}} Sides
 */

const LARGEST = 8; // screen pixels for one of art, for each pixel of CSS
const LARGEST_WHOLE = 4; // the same, when all of a small island is shown
const MOST_PIXELS = 3_200_000; // drawn in a frame: more than that no software does sixty times a second
const AROUND = 12; // pixels of art that are kept free around the whole island
const THERE = 0.4; // pixels of art from where a flight ends

export class Camera {
  /** What is seen in the middle of the part that nothing covers, in pixels of art. */
  x = 0;
  y = 0;
  /** Screen pixels for one of art; 0.5 is the picture at half the size. */
  zoom = 2;
  width = 1;
  height = 1;
  /** Screen pixels for one of CSS. */
  density = 1;
  /** Where the land is. @type {Sides} */
  bounds = { left: -100, right: 100, top: -50, bottom: 50 };
  /** What is covered at each side. @type {Sides} */
  insets = { left: 0, right: 0, top: 0, bottom: 0 };
  /** Whether all is in view, and shall stay so when the window changes. */
  isFitted = false;
  /** Whether there is only the picture at half the size yet. */
  isCoarse = false;
  /** @type {{x: number, y: number, speed: number} | null} */
  #flight = null;

  /** Whether the picture at half the size is drawn. */
  get isFar() {
    return this.zoom < 1 || this.isCoarse;
  }

  /** Screen pixels for a drawn pixel. */
  get pixel() {
    return this.isFar ? 2 * this.zoom : this.zoom;
  }

  /** The middle of the part that nothing covers. */
  get middle() {
    const { left, right, top, bottom } = this.insets;
    return { x: (this.width + left - right) / 2, y: (this.height + top - bottom) / 2 };
  }

  /** The pixel of art in the upper left corner; at half the size an even one. */
  get origin() {
    const { x, y } = this.middle;
    const grid = this.isFar ? 2 : 1;
    return { x: Math.round((this.x - x / this.zoom) / grid) * grid, y: Math.round((this.y - y / this.zoom) / grid) * grid };
  }

  /** @param {number} width @param {number} height @param {number} density */
  resize(width, height, density) {
    this.width = width;
    this.height = height;
    this.density = density;
    this.settle();
  }

  /** After the window or the island has changed. */
  settle() {
    if (this.isFitted) this.fit();
    else this.zoom = this.#allowed(this.zoom);
  }

  /** The zoom at which all of the island is in view. */
  get #whole() {
    const { left, right, top, bottom } = this.bounds;
    const { insets } = this;
    const across = (this.width - insets.left - insets.right) / (right - left + AROUND);
    const down = (this.height - insets.top - insets.bottom) / (bottom - top + AROUND);
    const zoom = Math.min(across, down, LARGEST_WHOLE * this.density);
    return zoom < 1 ? 0.5 : Math.floor(zoom);
  }

  fit() {
    const { left, right, top, bottom } = this.bounds;
    this.zoom = this.#allowed(this.#whole);
    this.x = (left + right) / 2;
    this.y = (top + bottom) / 2;
    this.isFitted = true;
    this.#flight = null;
  }

  /** @param {number} dx to the right @param {number} dy down */
  pan(dx, dy) {
    this.#moveTo(this.x + dx / this.zoom, this.y + dy / this.zoom);
  }

  /** @param {number} steps @param {number} x what stays where it is @param {number} y */
  zoomBy(steps, x, y) {
    let { zoom } = this;
    for (let i = Math.abs(steps); i > 0; i--) zoom = steps > 0 ? Math.max(1, zoom * 1.25 + 0.75) : zoom / 1.25 - 0.6;
    this.zoomTo(steps > 0 ? Math.floor(zoom) : Math.ceil(zoom - 0.4), x, y);
  }

  /** @param {number} zoom */
  zoomTo(zoom, x = this.middle.x, y = this.middle.y) {
    const { middle } = this;
    const next = this.#allowed(zoom);
    const part = 1 / this.zoom - 1 / next;
    this.zoom = next;
    this.#moveTo(this.x + (x - middle.x) * part, this.y + (y - middle.y) * part);
  }

  /**
   * Sets out for a point.
   *
   * @param {number} x
   * @param {number} y
   * @param {number} speed the share of the way that is left, covered in a second; Infinity: there at once
   */
  fly(x, y, speed) {
    this.isFitted = false;
    this.#flight = { x, y, speed };
    if (speed === Infinity) this.#moveTo(x, y);
  }

  /** Goes no further. */
  stop() {
    this.#flight = null;
  }

  /** @param {number} seconds */
  step(seconds) {
    if (!this.#flight) return;
    const { x, y, speed } = this.#flight;
    const part = 1 - Math.exp(-seconds * speed);
    this.x += (x - this.x) * part;
    this.y += (y - this.y) * part;
    if (Math.hypot(x - this.x, y - this.y) < THERE) this.#flight = null;
  }

  /** @param {number} x @param {number} y */
  #moveTo(x, y) {
    const { left, right, top, bottom } = this.bounds;
    this.x = Math.min(right, Math.max(left, x));
    this.y = Math.min(bottom, Math.max(top, y));
    this.isFitted = false;
    this.#flight = null;
  }

  /** @param {number} zoom */
  #allowed(zoom) {
    const whole = zoom < 1 ? 0.5 : Math.round(zoom);
    return Math.min(Math.max(whole, this.#smallest), Math.ceil(LARGEST * this.density));
  }

  get #smallest() {
    if (this.width * this.height <= MOST_PIXELS) return Math.max(0.5, Math.floor(this.#whole / 2)); // not a dot in the sea
    return Math.ceil(Math.sqrt((this.width * this.height) / MOST_PIXELS));
  }
}
