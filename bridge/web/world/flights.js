/**
 * What moves the camera: hands, and who goes to look at something. All that it takes is CSS pixels from the canvas's
 * upper left corner.
 *
 * @typedef {import('./camera.js').Camera} Camera
 * @typedef {import('./world.js').World} World
 */

import { closer, farther } from './camera.js';
import { cellSpot, houseSpot } from './spots.js';
import { ABOVE_GROUND, CLOSE } from './world.js';

const DRIFT = 0.9;

export class Flights {
  #world;
  #spot = { x: 0, y: 0, z: 0 };

  /** @param {World} world */
  constructor(world) {
    this.#world = world;
  }

  get #camera() {
    return this.#world.camera;
  }

  /** Shows all of the island, also where it started closer. */
  fit() {
    this.#camera.start = 0;
    this.#world.comeHome();
  }

  /** @param {number} dx @param {number} dy */
  pan(dx, dy) {
    this.#world.follow(null);
    panBy(this.#camera, dx * this.#camera.density, dy * this.#camera.density);
  }

  /** @param {number} steps @param {number} x @param {number} y */
  zoomBy(steps, x, y) {
    zoomBySteps(this.#camera, steps, x * this.#camera.density, y * this.#camera.density);
  }

  /** @param {string} uid */
  flyTo(uid) {
    const world = this.#world;
    world.seek(uid);
    const spot = world.spotOf(uid);
    if (!spot) return;
    world.follow(null);
    world.comeClose();
    world.fly(spot);
  }

  /** @param {string} channelId */
  lookAt(channelId) {
    this.#world.follow(null);
    const spot = this.#placeSpot(channelId);
    if (spot) this.#world.fly(spot);
  }

  /** @param {number} house */
  lookAtHouse(house) {
    const world = this.#world;
    const { land } = world.sim;
    const built = land.houses[house];
    if (!built) return;
    world.follow(null);
    world.comeClose();
    world.fly(houseSpot(land, built.cell, this.#spot));
  }

  /**
   * Goes to see who talks there, though nobody asked for it, and will be back.
   *
   * @param {string} channelId
   * @returns {boolean} false: they can be seen from here, or there is no such place
   */
  visit(channelId) {
    const zoom = CLOSE * this.#camera.density;
    const spot = this.#placeSpot(channelId);
    if (!spot || this.#camera.whole >= zoom) return false;
    this.#camera.visit(spot.x, spot.y - ABOVE_GROUND, Math.max(zoom, this.#camera.home), DRIFT);
    return true;
  }

  /** Goes back from a visit. */
  goHome() {
    flyHome(this.#camera, DRIFT);
  }

  /** Goes no further, unless it is with somebody; a visit is broken off. */
  stop() {
    if (this.#camera.isAway) this.#camera.fit();
    this.#camera.stop();
  }

  /** @param {string} channelId */
  #placeSpot(channelId) {
    const { sim } = this.#world;
    const place = sim.land.places[sim.placeOf(channelId)];
    return place && cellSpot(sim.land, place.cell, this.#spot);
  }
}

/** @param {Camera} camera @param {number} dx to the right, in the screen's pixels @param {number} dy down */
export function panBy(camera, dx, dy) {
  camera.fly(camera.x + dx / camera.zoom, camera.y + dy / camera.zoom, Infinity);
}

/** @param {Camera} camera @param {number} steps @param {number} x what stays where it is @param {number} y */
export function zoomBySteps(camera, steps, x, y) {
  let { zoom } = camera;
  for (let i = Math.abs(steps); i > 0; i--) zoom = steps > 0 ? closer(zoom) : farther(zoom);
  camera.zoomTo(zoom, x, y);
}

/** Goes back to where all is in view. @param {Camera} camera @param {number} speed */
export function flyHome(camera, speed) {
  const { left, right, top, bottom } = camera.bounds;
  camera.visit((left + right) / 2, (top + bottom) / 2, camera.home, speed);
}
