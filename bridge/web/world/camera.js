/**
 * Which part of the island is seen, and how large. Pixels are drawn at whole multiples, and between the first three
 * at halves as well; smaller than one to one there is a picture at half the size, drawn likewise; a city that has no room even so is
 * shown smaller and smooth. Everything here is in the screen's pixels, or in those of the art.
 *
 * @typedef {{left: number, right: number, top: number, bottom: number}} Sides
 * @typedef {{x: number, y: number, zoom: number, speed: number, stepped?: number}} Flight `stepped`: seconds since the last step of its zoom
 */

const LARGEST = 8; // screen pixels for one of art, for each pixel of CSS
const LARGEST_WHOLE = 6; // the same, when all of a small island is shown
export const HALVES = 3; // screen pixels for one of art, below which there are steps of a half
const UPRIGHT = 0.8; // a view that is narrower than that of its height shows a part of an island, but a legible one
const LEAST_ACROSS = 0.4; // of the island's width, that such a view shows
const MOST_DOWN = 0.62; // of its own height, that the island takes: words stand above it
const MOST_PIXELS = 4_900_000; // drawn in a frame: with more, no software is fast enough
const LEAST_SHARP = 0.5; // a zoom below which pixels are smaller than the screen's own
const MOST_SMALL = 2_000_000; // of those
const FINE = 16; // steps of a zoom at which all is just in view
const AROUND = 12; // pixels of art that are kept free around the whole island

export class Camera {
  /** What is seen in the middle of the part that nothing covers, in pixels of art. */
  x = 0;
  y = 0;
  /** Screen pixels for one of art; below 1 it is the picture at half the size. */
  zoom = 2;
  width = 1;
  height = 1;
  /** Screen pixels for one of CSS. */
  density = 1;
  /** Where the land is. @type {Sides} */
  bounds = { left: -100, right: 100, top: -50, bottom: 50 };
  /** What is covered at each side. @type {Sides} */
  insets = { left: 0, right: 0, top: 0, bottom: 0 };
  /** How near it starts, and returns to, in pixels of CSS for one of art; 0: with all in view. */
  start = 0;
  /** Whether all is in view, and shall stay so when the window changes. */
  isFitted = false;
  /** Whether there is only the picture at half the size yet. */
  isCoarse = false;
  /** Whether it is away from there by itself, and shall go back. */
  isAway = false;
  /** Where it is on its way to. @type {Flight | null} */
  flight = null;

  /** Whether the picture at half the size is drawn. */
  get isFar() {
    return this.wantsFar || this.isCoarse;
  }

  /** Whether it is what is wanted: it is small, or the other one had too many pixels. */
  get wantsFar() {
    return this.zoom < Math.max(1, this.#sharp);
  }

  /** The least zoom at which the other one doesn't have too many. */
  get #sharp() {
    return Math.ceil(FINE * Math.sqrt((this.width * this.height) / MOST_PIXELS)) / FINE;
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
    if (this.isFitted || this.isAway) this.fit();
    else this.zoom = this.allowed(this.zoom);
  }

  /** The zoom at which all of the island is in view, or on a screen that stands upright all of its height. */
  get whole() {
    return legible(this.#fitting, Math.floor);
  }

  get #fitting() {
    const { left, right, top, bottom } = this.bounds;
    const { insets } = this;
    const free = { width: this.width - insets.left - insets.right, height: this.height - insets.top - insets.bottom };
    const across = free.width / (right - left + AROUND);
    const down = free.height / (bottom - top + AROUND);
    const isUpright = free.width < free.height * UPRIGHT;
    const fitting = isUpright ? Math.min(across / LEAST_ACROSS, down * MOST_DOWN) : Math.min(across, down);
    return Math.min(Math.max(fitting, Math.min(across, down)), LARGEST_WHOLE * this.density);
  }

  /** How near it is when nobody goes closer. */
  get home() {
    return this.start * this.density || this.whole;
  }

  fit() {
    const { left, right, top, bottom } = this.bounds;
    this.zoom = this.allowed(this.home);
    this.x = (left + right) / 2;
    this.y = (top + bottom) / 2;
    this.isFitted = true;
    this.isAway = false;
    this.flight = null;
  }

  /** @param {number} zoom */
  zoomTo(zoom, x = this.middle.x, y = this.middle.y) {
    this.#moveTo(...this.#about(this.allowed(zoom), x, y));
  }

  /** Changes the zoom; where the middle is then, if a point stays where it is. @param {number} zoom @param {number} x @param {number} y @returns {[number, number]} */
  #about(zoom, x, y) {
    const { middle } = this;
    const part = 1 / this.zoom - 1 / zoom;
    this.zoom = zoom;
    return [this.x + (x - middle.x) * part, this.y + (y - middle.y) * part];
  }

  /**
   * Sets out for a point.
   *
   * @param {number} x
   * @param {number} y
   * @param {number} speed the share of the way that is left, covered in a second; Infinity: there at once
   */
  fly(x, y, speed) {
    this.isFitted = this.isAway = false;
    this.flight = { x, y, zoom: this.zoom, speed };
    if (speed === Infinity) this.#moveTo(x, y);
  }

  /** @param {number} x @param {number} y */
  #moveTo(x, y) {
    const { left, right, top, bottom } = this.bounds;
    this.x = Math.min(right, Math.max(left, x));
    this.y = Math.min(bottom, Math.max(top, y));
    this.isFitted = this.isAway = false;
    this.flight = null;
  }

  /** @param {number} zoom */
  allowed(zoom) {
    return Math.min(Math.max(legible(zoom, Math.round), this.#smallest), Math.ceil(LARGEST * this.density));
  }

  get #smallest() {
    const { whole } = this;
    const sharp = this.#sharp;
    if (sharp > 1) {
      const fitting = Math.floor(this.#fitting * FINE) / FINE;
      return fitting < sharp ? Math.max(whole, legible(sharp / 2, Math.ceil)) : Math.min(fitting, legible(sharp, Math.ceil));
    }
    if (whole >= LEAST_SHARP) return Math.max(LEAST_SHARP, legible(whole / 2, Math.floor)); // not a dot in the sea
    return Math.max(whole, Math.min(LEAST_SHARP, legible(Math.sqrt((this.width * this.height) / MOST_SMALL) / 2, Math.ceil)));
  }
}

/** A zoom at which pixels are drawn, near a number. @param {number} zoom @param {(zoom: number) => number} near */
function legible(zoom, near) {
  if (zoom >= HALVES) return near(zoom);
  if (zoom < LEAST_SHARP) return Math.max(1, near(zoom * 2 * FINE)) / (2 * FINE);
  return zoom < 1 ? near(zoom * 4) / 4 : near(zoom * 2) / 2;
}
