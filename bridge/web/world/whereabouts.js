/**
 * What is where in the world, as it is seen: for who hangs something in its air, and for hands that point at it.
 * Coordinates are those of `world.js`.
 *
 * @typedef {import('./spots.js').Spot} Spot
 * @typedef {import('./world.js').Point} Point
 * @typedef {import('./world.js').World} World
 */

import { NONE } from './crowd.js';
import { HEADS, REST } from './figures.js';
import { POST } from './furniture.js';
import { signOf } from './isle.js';
import { cellSpot, houseSpot, personSpot } from './spots.js';
import { LEGIBLE, rectIn } from './world.js';

const ABOVE_HEAD = 4; // pixels of art
const ABOVE_PLACE = 34;
const ABOVE_STAGE = 56;
const HALF_A_HOUSE = 14;

export class Whereabouts {
  #world;
  #spot = { x: 0, y: 0, z: 0 };

  /** @param {World} world */
  constructor(world) {
    this.#world = world;
  }

  get scale() {
    return this.#world.scale;
  }

  /** Where the island is. */
  get landRect() {
    return rectIn(this.#world.camera);
  }

  /** Where a bubble's tip belongs. @param {string} uid @returns {Point | null} */
  headOf(uid) {
    const spot = this.#world.spotOf(uid);
    return spot && this.#pointAt(spot, HEADS[REST] + ABOVE_HEAD);
  }

  /** The upper middle of what bears a place's name. @param {string} channelId @returns {(Point & {board: {width: number, height: number} | null}) | null} `board`: the drawn one, if it can be read */
  signOf(channelId) {
    const { land } = this.#world.sim;
    const place = land.places[this.#world.sim.placeOf(channelId)];
    if (!place) return null;
    if (this.scale >= LEGIBLE && place.board && !this.#world.camera.isFar) {
      const { width, height } = place.board;
      cellSpot(land, signOf(place.cell), this.#spot);
      return { ...this.#pointAt(this.#spot, height + POST), board: { width: width * this.scale, height: height * this.scale } };
    }
    cellSpot(land, place.cell, this.#spot);
    return { ...this.#pointAt(this.#spot, place.boards.length ? ABOVE_STAGE : ABOVE_PLACE), board: null };
  }

  /** Where the drawn sign of a place is, unless it is too small to be one. @param {string} channelId */
  boardOf(channelId) {
    const { land } = this.#world.sim;
    const place = land.places[this.#world.sim.placeOf(channelId)];
    if (!place?.board || this.#world.camera.isFar) return null;
    const [width, height] = [place.board.width * this.scale, place.board.height * this.scale];
    cellSpot(land, signOf(place.cell), this.#spot);
    const { x, y } = this.#pointAt(this.#spot, place.board.height + POST);
    return { left: x - width / 2, right: x + width / 2, top: y, bottom: y + height };
  }

  /** @param {number} x @param {number} y @returns {string | null} */
  personAt(x, y) {
    if (!this.#world.isAwake) return null;
    const sim = this.#world.sim;
    const at = this.#artAt(x, y);
    const spot = this.#spot;
    let found = null;
    let front = -Infinity;
    for (let slot = 0; slot < sim.size; slot++) {
      if (!this.#world.isOut(slot)) continue;
      personSpot(sim, slot, spot);
      const up = spot.y - spot.z - at.y;
      if (Math.abs(spot.x - at.x) > 7 || up < -2 || up > 20 || spot.y <= front) continue;
      front = spot.y;
      found = sim.members[slot]?.uid ?? null;
    }
    return found;
  }

  /** @param {number} x @param {number} y @returns {string | null} */
  placeAt(x, y) {
    if (!this.#world.isAwake) return null;
    const at = this.#artAt(x, y);
    const { land } = this.#world.sim;
    const found = land.places.find(({ cell }) => {
      cellSpot(land, cell, this.#spot);
      return Math.abs(this.#spot.x - at.x) < 18 && at.y < this.#spot.y + 6 && at.y > this.#spot.y - ABOVE_PLACE;
    });
    return found?.id ?? null;
  }

  /** Which house is there, or -1. @param {number} x @param {number} y */
  houseAt(x, y) {
    if (!this.#world.isAwake) return NONE;
    const at = this.#artAt(x, y);
    const { land } = this.#world.sim;
    let found = NONE;
    let front = -Infinity;
    land.houses.forEach(({ cell, high }, house) => {
      houseSpot(land, cell, this.#spot);
      const up = this.#spot.y + HALF_A_HOUSE / 2 - at.y;
      if (Math.abs(this.#spot.x - at.x) > HALF_A_HOUSE || up < 0 || up > high + HALF_A_HOUSE || this.#spot.y <= front) return;
      [found, front] = [house, this.#spot.y];
    });
    return found;
  }

  /** Who lives in a house, and the upper middle of it. @param {number} house @returns {{people: string[], strangers: number, color: string | null, at: Point} | null} `color`: whose house it is */
  householdOf(house) {
    const { homes, land, members } = this.#world.sim;
    const built = land.houses[house];
    if (!homes || !built) return null;
    houseSpot(land, built.cell, this.#spot);
    const people = homes.rooms[house].flatMap((slot) => members[slot]?.uid ?? []);
    return { people, strangers: homes.strangersIn(house), color: homes.colors[house], at: this.#pointAt(this.#spot, built.high) };
  }

  /** Who is at a place. @param {string} channelId @returns {string[]} */
  crowdAt(channelId) {
    const sim = this.#world.sim;
    const place = sim.placeOf(channelId);
    if (place < 0) return [];
    return [...sim.slots.values()].flatMap((slot) => (sim.goal[slot] === place && this.#world.isOut(slot) ? sim.members[slot]?.uid ?? [] : []));
  }

  /** Those nearest to the middle first. @param {number} limit @returns {string[]} */
  visiblePeople(limit) {
    const sim = this.#world.sim;
    const { middle, width, height } = this.#world.camera;
    const corner = this.#artAt(0, 0);
    const share = this.#world.camera.zoom;
    /** @type {{slot: number, far: number}[]} */
    const nearest = [];
    for (let slot = 0; slot < sim.size; slot++) {
      if (!this.#world.isOut(slot)) continue;
      personSpot(sim, slot, this.#spot);
      const x = (this.#spot.x - corner.x) * share;
      const y = (this.#spot.y - 10 - corner.y) * share;
      if (x < 0 || y < 0 || x > width || y > height) continue;
      const far = Math.hypot(x - middle.x, y - middle.y);
      if (nearest.length === limit && far >= nearest[limit - 1].far) continue;
      let at = nearest.length;
      while (at && nearest[at - 1].far > far) at -= 1;
      nearest.splice(at, 0, { slot, far });
      nearest.length = Math.min(nearest.length, limit);
    }
    return nearest.map(({ slot }) => sim.members[slot]?.uid ?? '');
  }

  /** @param {Spot} spot @param {number} up @returns {Point} */
  #pointAt(spot, up) {
    const { origin, width, height, density } = this.#world.camera;
    const x = (spot.x - origin.x) * this.scale;
    const y = (spot.y - spot.z - up - origin.y) * this.scale;
    return { x, y, visible: x >= 0 && y >= 0 && x < width / density && y < height / density };
  }

  /** @param {number} x @param {number} y */
  #artAt(x, y) {
    const { origin } = this.#world.camera;
    return { x: origin.x + x / this.scale, y: origin.y + y / this.scale };
  }
}
