/**
 * The land and its people on a canvas: the only thing that the page knows of them.
 * All coordinates given out and taken in are CSS pixels relative to the canvas.
 *
 * @typedef {import('./roster.js').Member} Member
 * @typedef {import('./terrain.js').ChannelInfo} ChannelInfo
 * @typedef {{x: number, y: number, visible: boolean}} Point
 * @typedef {{reducedMotion: boolean, background: 'sea' | 'transparent', onFrame: () => void, onTouch?: () => void}} WorldOptions
 * @typedef {{id: string, channels: ChannelInfo[], members: Iterable<Member>, counts: {members: number}}} GuildView
 */

import { Camera } from './camera.js';
import { GUARD, Picture, boatSpot, cellSpot, personSpot } from './draw.js';
import { HEADS, REST } from './figures.js';
import { Land } from './land.js';
import { Light } from './light.js';
import { ABOARD, GONE, RATE, Sim, TENT } from './sim.js';
import { grow, sizeFor } from './terrain.js';

const LONGEST = 0.25; // seconds that are made up for by running; more than that is skipped

export class World {
  connected = true;
  /** @type {number | null} */
  hour = null;
  /** How much of those who neither talk nor listen is drawn, from 0 to 1. */
  density = 1;
  stats = { fps: 60, people: 0, drawn: 0, simMs: 0, drawMs: 0 };

  #canvas;
  #context;
  #options;
  #camera = new Camera();
  #picture = new Picture();
  /** @type {ImageData | null} */
  #image = null;
  #guild = '';
  #size = 0;
  /** @type {ChannelInfo[]} */
  #channels = [];
  /** @type {Sim | null} */
  #sim = null;
  /** @type {Land | null} */
  #land = null;
  #frame = 0;
  #last = 0;
  #owed = 0;
  #time = 0;
  /** About how many events there are in a second, and how often the lighthouse has turned. */
  #rate = 0;
  #turns = 0;
  #lightKey = '';
  /** @type {string | null} */
  #following = null;
  #watch;
  #reducedMotion;

  /** @param {HTMLCanvasElement} canvas @param {WorldOptions} options */
  constructor(canvas, options) {
    this.#canvas = canvas;
    this.#options = options;
    this.#reducedMotion = options.reducedMotion;
    const context = canvas.getContext('2d', { alpha: options.background === 'transparent' });
    if (!context) throw new Error('no canvas');
    this.#context = context;
    canvas.style.imageRendering = 'pixelated';
    this.#watch = new ResizeObserver(() => this.#resize());
    this.#watch.observe(canvas.parentElement ?? canvas);
    this.#resize();
    this.clear();
    this.#frame = requestAnimationFrame((now) => this.#run(now));
  }

  dispose() {
    cancelAnimationFrame(this.#frame);
    this.#watch.disconnect();
  }

  get reducedMotion() {
    return this.#reducedMotion;
  }

  set reducedMotion(reduced) {
    this.#reducedMotion = reduced;
    if (this.#sim) this.#sim.reducedMotion = reduced;
  }

  get scale() {
    return this.#camera.zoom / this.#camera.density;
  }

  get following() {
    return this.#following;
  }

  // ── what there is ───────────────────────────────────────────────────────

  /** @param {GuildView} guild */
  show(guild) {
    const members = [...guild.members];
    const isNew = this.#guild !== guild.id;
    this.#guild = guild.id;
    this.#channels = guild.channels;
    const size = sizeFor(members.length);
    if (isNew || size !== this.#size || this.#hasOtherChannels()) this.#rebuild(size);
    const present = new Set(members.map(({ uid }) => uid));
    for (const uid of [...(this.#sim?.uidsPresent() ?? [])]) if (!present.has(uid)) this.#sim?.remove(uid);
    for (const member of members) this.#sim?.add(member);
    if (isNew) this.fit();
  }

  clear() {
    this.#guild = '';
    this.#channels = [];
    this.#following = null;
    this.#rebuild(20);
    this.fit();
  }

  /** @param {ChannelInfo[]} channels */
  setChannels(channels) {
    this.#channels = channels;
    if (!this.#hasOtherChannels()) return;
    const members = this.#sim?.members.filter((member) => member !== undefined) ?? [];
    this.#rebuild(this.#size);
    for (const member of members) this.#sim?.add(member);
  }

  #hasOtherChannels() {
    const key = (/** @type {ChannelInfo[]} */ list) => JSON.stringify(list.map(({ id, kind, category, position }) => [id, kind, category, position]));
    const changed = key(this.#channels) !== this.#channelKey;
    this.#channelKey = key(this.#channels);
    return changed;
  }

  #channelKey = '';

  /** @param {number} size */
  #rebuild(size) {
    this.#size = size;
    const sim = new Sim(grow(this.#guild, size, this.#channels));
    sim.reducedMotion = this.#reducedMotion;
    this.#sim = sim;
    this.#land = new Land(sim.land, (cell) => sim.wearAt(cell));
    this.#camera.bounds = this.#land.bounds;
  }

  /** @param {Member} member */
  arrive(member) {
    this.#sim?.add(member, true);
  }

  /** @param {string} uid */
  leave(uid) {
    this.#sim?.remove(uid);
  }

  /** @param {Member} member */
  change(member) {
    this.#sim?.change(member);
  }

  /** @param {string} uid @param {string} channelId */
  say(uid, channelId) {
    const place = this.#placeOf(channelId);
    this.#sim?.say(uid, Math.max(0, place));
  }

  /** @param {number} events */
  pulse(events) {
    this.#rate += events / 8;
  }

  /** @param {string} channelId */
  #placeOf(channelId) {
    return this.#sim?.land.places.findIndex(({ id }) => id === channelId) ?? -1;
  }

  // ── camera ──────────────────────────────────────────────────────────────

  fit() {
    this.#following = null;
    this.#camera.fit();
  }

  /** @param {number} dx @param {number} dy */
  pan(dx, dy) {
    this.#following = null;
    this.#camera.pan(dx * this.#camera.density, dy * this.#camera.density);
  }

  /** @param {number} steps @param {number} x @param {number} y */
  zoomBy(steps, x, y) {
    this.#camera.zoomBy(steps, x * this.#camera.density, y * this.#camera.density);
  }

  /** @param {string} uid */
  flyTo(uid) {
    const spot = this.#spotOf(uid);
    if (!spot) return;
    this.#camera.x = spot.x;
    this.#camera.y = spot.y - 10;
  }

  /** @param {string} channelId */
  lookAt(channelId) {
    const place = this.#sim?.land.places[this.#placeOf(channelId)];
    if (!place || !this.#sim) return;
    const spot = { x: 0, y: 0, z: 0 };
    cellSpot(this.#sim.land, place.cell, spot);
    this.#following = null;
    this.#camera.x = spot.x;
    this.#camera.y = spot.y;
  }

  /** @param {string | null} uid */
  follow(uid) {
    this.#following = uid;
  }

  // ── what is where ───────────────────────────────────────────────────────

  /** @param {string} uid */
  #spotOf(uid) {
    const sim = this.#sim;
    const slot = sim?.slotOf(uid) ?? -1;
    if (!sim || slot < 0) return null;
    const spot = { x: 0, y: 0, z: 0 };
    if (sim.state[slot] === ABOARD) boatSpot(sim, spot);
    else personSpot(sim, slot, spot);
    return spot;
  }

  /** @param {{x: number, y: number, z: number}} spot @param {number} up @returns {Point} */
  #pointFor(spot, up) {
    const { zoom, density } = this.#camera;
    const { x, y } = this.#origin();
    const px = ((spot.x - x) * zoom) / density;
    const py = ((spot.y - spot.z - up - y) * zoom) / density;
    const visible = px >= 0 && py >= 0 && px < this.#camera.width / density && py < this.#camera.height / density;
    return { x: px, y: py, visible };
  }

  #origin() {
    const { x, y, zoom, pixel, width, height, isFar } = this.#camera;
    const scale = isFar ? 2 : 1;
    return {
      x: Math.round(x / scale - Math.ceil(width / pixel) / 2) * scale,
      y: Math.round(y / scale - Math.ceil(height / pixel) / 2) * scale,
      zoom,
    };
  }

  /** @param {string} uid */
  headOf(uid) {
    const spot = this.#spotOf(uid);
    return spot && this.#pointFor(spot, HEADS[REST] + 4);
  }

  /** @param {string} channelId */
  signOf(channelId) {
    const sim = this.#sim;
    const place = sim?.land.places[this.#placeOf(channelId)];
    if (!sim || !place) return null;
    const spot = { x: 0, y: 0, z: 0 };
    cellSpot(sim.land, place.cell, spot);
    return this.#pointFor(spot, 34);
  }

  /** @param {number} x @param {number} y */
  personAt(x, y) {
    const sim = this.#sim;
    if (!sim) return null;
    const art = this.#artAt(x, y);
    let found = null;
    let front = -Infinity;
    const spot = { x: 0, y: 0, z: 0 };
    for (let slot = 0; slot < sim.size; slot++) {
      if (sim.state[slot] === GONE || sim.state[slot] === TENT || sim.state[slot] === ABOARD) continue;
      personSpot(sim, slot, spot);
      if (Math.abs(spot.x - art.x) > 7 || art.y > spot.y - spot.z + 2 || art.y < spot.y - spot.z - 20 || spot.y <= front) continue;
      front = spot.y;
      found = sim.uids[slot] ?? null;
    }
    return found;
  }

  /** @param {number} x @param {number} y */
  placeAt(x, y) {
    const sim = this.#sim;
    if (!sim) return null;
    const art = this.#artAt(x, y);
    const spot = { x: 0, y: 0, z: 0 };
    for (const place of sim.land.places) {
      cellSpot(sim.land, place.cell, spot);
      if (Math.abs(spot.x - art.x) < 18 && art.y < spot.y + 6 && art.y > spot.y - 34) return place.id;
    }
    return null;
  }

  /** @param {number} x @param {number} y */
  #artAt(x, y) {
    const { zoom, density } = this.#camera;
    const origin = this.#origin();
    return { x: origin.x + (x * density) / zoom, y: origin.y + (y * density) / zoom };
  }

  /** @param {number} limit @returns {string[]} nearest to the middle first */
  visiblePeople(limit) {
    const sim = this.#sim;
    if (!sim) return [];
    /** @type {{uid: string, far: number}[]} */
    const found = [];
    for (const uid of sim.uidsPresent()) {
      const head = this.headOf(uid);
      if (!head?.visible) continue;
      const { width, height, density } = this.#camera;
      found.push({ uid, far: Math.hypot(head.x - width / density / 2, head.y - height / density / 2) });
    }
    return found.sort((a, b) => a.far - b.far).slice(0, limit).map(({ uid }) => uid);
  }

  // ── frames ──────────────────────────────────────────────────────────────

  #resize() {
    const box = (this.#canvas.parentElement ?? this.#canvas).getBoundingClientRect();
    const density = window.devicePixelRatio || 1;
    this.#camera.resize(Math.max(1, Math.round(box.width * density)), Math.max(1, Math.round(box.height * density)), density);
    this.#measure();
  }

  /** Makes the canvas as many pixels as are drawn, each a whole number of the screen's. */
  #measure() {
    const { width, height, pixel, density } = this.#camera;
    const columns = Math.ceil(width / pixel);
    const rows = Math.ceil(height / pixel);
    if (columns === this.#picture.width && rows === this.#picture.height) return;
    this.#picture.resize(columns, rows);
    this.#canvas.width = columns;
    this.#canvas.height = rows;
    this.#canvas.style.width = `${(columns * pixel) / density}px`;
    this.#canvas.style.height = `${(rows * pixel) / density}px`;
    const { pixels, stride } = this.#picture;
    this.#image = new ImageData(new Uint8ClampedArray(pixels.buffer), stride, rows + 2 * GUARD);
  }

  /** @param {number} now */
  #run(now) {
    this.#frame = requestAnimationFrame((next) => this.#run(next));
    const passed = this.#last ? (now - this.#last) / 1000 : 1 / 60;
    this.#last = now;
    this.#simulate(passed);
    this.#paint();
    this.stats.fps += (1 / Math.max(passed, 0.001) - this.stats.fps) * 0.05;
    this.#options.onFrame();
  }

  /** @param {number} passed */
  #simulate(passed) {
    const sim = this.#sim;
    if (!sim) return;
    const start = performance.now();
    this.#time += passed;
    // The lighthouse turns once in twelve seconds, and the faster the more happens.
    this.#rate *= 0.5 ** (passed / 8);
    this.#turns += (passed / 12) * (1 + Math.min(8, this.#rate * 0.6));
    this.#owed += passed;
    if (this.#owed > LONGEST) {
      if (this.#owed > 2) sim.skip(this.#owed);
      this.#owed = 1 / RATE;
    }
    for (; this.#owed >= 1 / RATE; this.#owed -= 1 / RATE) sim.step();
    if (sim.trodden.length) {
      this.#land?.mend(sim.trodden);
      sim.trodden = [];
    }
    this.stats.people = sim.people;
    this.stats.simMs += (performance.now() - start - this.stats.simMs) * 0.05;
  }

  #paint() {
    const sim = this.#sim;
    if (!sim || !this.#land || !this.#image) return;
    const start = performance.now();
    this.#relight();
    this.#measure();
    if (this.#following) this.flyTo(this.#following);
    const { isFar } = this.#camera;
    const origin = this.#origin();
    const scale = isFar ? 2 : 1;
    this.#picture.draw(sim, this.#land, { 
      x: origin.x / scale, y: origin.y / scale, far: isFar, time: this.#time,
      beam: this.connected ? this.#turns % 1 : -1, density: this.density,
      moods: !this.#reducedMotion,
    });
    this.stats.drawn = this.#picture.drawn;
    this.#context.putImageData(this.#image, -GUARD, -GUARD, GUARD, GUARD, this.#picture.width, this.#picture.height);
    this.stats.drawMs += (performance.now() - start - this.stats.drawMs) * 0.05;
  }

  /** The light changes by the minute, not by the frame. */
  #relight() {
    const clock = new Date();
    const hour = this.hour ?? clock.getHours() + clock.getMinutes() / 60;
    const key = `${Math.round(hour * 30)} ${this.connected}`;
    if (key === this.#lightKey) return;
    this.#lightKey = key;
    this.#picture.relight(new Light(Math.min(23.99, hour), !this.connected), this.#options.background === 'sea');
  }
}
