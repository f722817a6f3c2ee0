/**
 * What moves the camera: hands, and who goes to look at something. All that it takes is CSS pixels from the canvas's
 * upper left corner.
 *
 * @typedef {import('./camera.js').Camera} Camera
 * @typedef {import('./world.js').World} World
 */

import { HALVES } from './camera.js';
import { cellSpot, houseSpot } from './spots.js';
import { ABOVE_GROUND, CLOSE } from './world.js';

const DRIFT = 0.9;
const STEP_SECONDS = 0.35; // from one zoom to the next, on a flight
const THERE = 0.4; // pixels of art from where a flight ends

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
    visit(this.#camera, spot.x, spot.y - ABOVE_GROUND, Math.max(zoom, this.#camera.home), DRIFT);
    return true;
  }

  /** Goes back from a visit. */
  goHome() {
    flyHome(this.#camera, DRIFT);
  }

  /** Goes no further, unless it is with somebody; a visit is broken off. */
  stop() {
    if (this.#camera.isAway) this.#camera.fit();
    this.#camera.flight = null;
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

/** Goes to look at a point, as somebody who will be back. @param {Camera} camera @param {number} x @param {number} y @param {number} zoom @param {number} speed */
export function visit(camera, x, y, zoom, speed) {
  camera.isAway = true;
  camera.isFitted = false;
  camera.flight = { x, y, zoom: camera.allowed(zoom), speed };
}

/** Goes on with a flight. @param {Camera} camera @param {number} seconds */
export function steer(camera, seconds) {
  const { flight } = camera;
  if (!flight) return;
  const { x, y, zoom, speed } = flight;
  const part = 1 - Math.exp(-seconds * speed);
  camera.x += (x - camera.x) * part;
  camera.y += (y - camera.y) * part;
  flight.stepped = (flight.stepped ?? 0) + seconds;
  if (camera.zoom !== zoom && flight.stepped > STEP_SECONDS) {
    flight.stepped = 0;
    camera.zoom = zoom > camera.zoom ? Math.min(zoom, closer(camera.zoom)) : Math.max(zoom, farther(camera.zoom));
  }
  if (camera.zoom !== zoom || Math.hypot(x - camera.x, y - camera.y) >= THERE) return;
  camera.flight = null;
  if (camera.isAway && zoom === camera.allowed(camera.home)) camera.fit();
}

/** The next zoom, by a quarter at least. @param {number} zoom */
function closer(zoom) {
  if (zoom < 1) return zoom + 0.25;
  return zoom < HALVES ? zoom + 0.5 : Math.max(zoom + 1, Math.floor(zoom * 1.25));
}

/** @param {number} zoom */
function farther(zoom) {
  if (zoom <= 1) return zoom - 0.25;
  return zoom <= HALVES ? zoom - 0.5 : Math.min(zoom - 1, Math.ceil(zoom / 1.25));
}

/** Goes back to where all is in view. @param {Camera} camera @param {number} speed */
export function flyHome(camera, speed) {
  const { left, right, top, bottom } = camera.bounds;
  visit(camera, (left + right) / 2, (top + bottom) / 2, camera.home, speed);
}
