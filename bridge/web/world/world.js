/**
 * The land and its people on a canvas: the only thing that the page knows of them, with `whereabouts.js`.
 * All coordinates given out and taken in are CSS pixels from the canvas's upper left corner.
 *
 * @typedef {import('../guild/people.js').Member} Member
 * @typedef {import('./terrain.js').ChannelInfo} ChannelInfo
 * @typedef {import('./spots.js').Spot} Spot
 * @typedef {{x: number, y: number, visible: boolean}} Point
 * @typedef {{reducedMotion: boolean, background: 'sea' | 'transparent', zoom: number | null, onFrame: () => void, needTown: () => void}} WorldOptions
 *   `zoom`: how near it starts and returns to, in CSS pixels for one of art; null: with all of the island in view;
 *   `needTown`: called when `town` is wanted
 * @typedef {import('./homes.js').Tenants} Tenants
 * @typedef {import('./sim.js').Sim} Sim
 * @typedef {{guild: string, sim: Settlement, land: Land}} Island
 * @typedef {{id: string, channels: ChannelInfo[], members: Iterable<Member>, counts: {shown: number}, strangers: Tenants[], lively: string[]}} GuildView
 *   `lively`: where there was talk just before
 */

import { GUARD } from './buffer.js';
import { Camera } from './camera.js';
import { survey } from './cells.js';
import { ABOARD, GONE, RATE, TENT } from './crowd.js';
import { Picture } from './draw.js';
import { Land } from './land.js';
import { Light } from './light.js';
import { seasonAt } from './seasons.js';
import { Settlement } from './settlement.js';
import { AWAITING, finish, pursue } from './slices.js';
import { boatSpot, personSpot } from './spots.js';
import { TOWN_AGE, TOWN_SIZE, ageOf, grow, sizeFor } from './terrain.js';

const SLICE = 25; // milliseconds of a frame for what takes longer than one
const ASHORE = 10; // and for who comes ashore
const MOST_UNSAID = 500;
const NOBODY_YET = 20; // as many as that the island is for while there is no guild
const CROWDED = 0.9; // of the cells: with more people than that there is another island
const TURN = 12; // seconds that the lighthouse takes when nothing happens
const CALMING = 8; // seconds in which what happened counts for half
const FLIGHT = 5;
export const CLOSE = 3; // CSS pixels for one of art, when somebody is followed
export const ABOVE_GROUND = 10; // of what is looked at when people are
const GREAT_FEAST = 14; // seconds, when the settlement has come of another age
const AN_HOUR = 3_600_000; // milliseconds
export const LEGIBLE = 2; // CSS pixels for one of art, from where on drawn signs can be read

export class World {
  connected = true;
  /** From 0 to 24; null: the viewer's own clock. @type {number | null} */
  hour = null;
  /** Null: the one there is on the viewer's calendar. @type {import('./seasons.js').Season | null} */
  season = null;
  /** Whether that calendar is a southern one. */
  isSouth = false;

  #canvas;
  #context;
  #insets = { left: 0, right: 0, top: 0, bottom: 0 };
  #options;
  camera = new Camera();
  #picture = new Picture();
  /** @type {ImageData | null} */
  #image = null;
  /** Whether there is anything to see; until then the page's own outline of an island is. */
  isAwake = false;
  /** The guild that is asked for; its island comes later. */
  #guild = '';
  /** What the island that is asked for is like, and for how many it is. */
  #key = '';
  #size = 0;
  /** @type {ChannelInfo[]} */
  #channels = [];
  /** What builds houses, once it is there. @type {import('./town.js').Town | null} */
  #town = null;
  /** What lets people move, once it is there. @type {typeof import('./sim.js').Sim | null} */
  #life = null;
  /** Channels that the island doesn't have yet, and who wrote where since. @type {ChannelInfo[] | null} */
  #awaited = null;
  /** @type {[uid: string, channelId: string][]} */
  #unsaid = [];
  /** What is new of whom, and not on the land yet; null: they leave. @type {Map<string, Member | null>} */
  #news = new Map();
  /** Who comes by boat. @type {Set<string>} */
  #sailing = new Set();
  /** Who goes without being seen to. @type {Set<string>} */
  #forgotten = new Set();
  /** Those who are known by number alone. @type {Tenants[]} */
  #strangers = [];
  /** Where there was talk just before. @type {string[]} */
  #lively = [];
  /** What time waits for: another island, or that everyone is where they were going. @type {Generator<boolean | void, void> | null} */
  #work = null;
  /** Made when somebody looks: the one before the first guild is never seen. @type {Island | null} */
  #island = null;
  /** @type {string | null} */
  #following = null;
  #reducedMotion;
  #last = 0;
  #time = 0;
  /** Events in the last seconds, and how often the lighthouse has turned. */
  #rate = 0;
  #turns = 0;
  /** How much of new land is up. */
  #grown = 1;
  #lightKey = '';
  /** When one began and will be over, in the world's own time. */
  #feast = { from: 0, until: 0, isGreat: false };
  /** What falls. @type {'' | 'rain' | 'snow'} */
  weather = '';
  #spot = { x: 0, y: 0, z: 0 };

  /** @param {HTMLCanvasElement} canvas @param {WorldOptions} options */
  constructor(canvas, options) {
    this.#canvas = canvas;
    this.#options = options;
    this.#reducedMotion = options.reducedMotion;
    this.camera.start = options.zoom ?? 0;
    const context = canvas.getContext('2d', { alpha: options.background === 'transparent' });
    if (!context) throw new Error('no canvas');
    this.#context = context;
    new ResizeObserver(() => this.#resize()).observe(canvas.parentElement ?? canvas);
    this.#resize();
    requestAnimationFrame((now) => this.#run(now));
  }

  get #here() {
    return (this.#island ??= this.#settle());
  }

  get sim() {
    return this.#here.sim;
  }

  get #land() {
    return this.#here.land;
  }

  /** The same, where people move by now. @returns {Sim | null} */
  get alive() {
    const sim = this.#island?.sim;
    return this.#life && sim instanceof this.#life ? sim : null;
  }

  get reducedMotion() {
    return this.#reducedMotion;
  }

  set reducedMotion(reduced) {
    this.#reducedMotion = reduced;
    if (this.#island) this.sim.reducedMotion = reduced;
  }

  /** @param {import('./effects.js').Effects} effects */
  set effects(effects) {
    this.#picture.effects = effects;
  }

  // ── what there is ───────────────────────────────────────────────────────

  /**
   * Another guild, or the same one as a snapshot has it: who is there already stays where they are.
   *
   * @param {GuildView} guild
   */
  show({ id, channels, members, counts, strangers, lively }) {
    const coming = new Map([...members].map((member) => [member.uid, member]));
    this.#guild = id;
    this.#awaited = null;
    this.#sailing.clear();
    this.#forgotten.clear();
    this.#news = coming;
    this.#strangers = strangers;
    this.#lively = lively;
    if (this.#isOther) {
      this.#following = null;
      this.#unsaid = [];
    } else {
      const leaving = [...this.sim.slots.keys()].filter((uid) => !coming.has(uid));
      if (strangers.length) for (const uid of leaving) this.#forgotten.add(uid); // most are still there
      this.#news = new Map([...leaving.map((uid) => /** @type {[string, null]} */ ([uid, null])), ...coming]);
    }
    this.#plan(channels, sizeFor(counts.shown));
    if (!this.#work) finish(this.sim.house(strangers));
    this.#goOn(performance.now() + SLICE);
  }

  /** Whether the island that is there is another guild's. */
  get #isOther() {
    return this.#guild !== this.#island?.guild;
  }

  /** No guild: a silent island. */
  clear() {
    this.#guild = '';
    this.#awaited = null;
    this.#unsaid = [];
    this.#news.clear();
    this.#strangers = [];
    this.#plan([], NOBODY_YET);
    this.#goOn();
  }

  /** There are others with the next frame, however often they change until then. @param {ChannelInfo[]} channels */
  setChannels(channels) {
    this.#awaited = channels;
  }

  /** Wants the island to be for so many, with these channels. @param {ChannelInfo[]} channels @param {number} size */
  #plan(channels, size) {
    const isTown = size >= TOWN_SIZE;
    if (ageOf(size) && !this.#town) this.#options.needTown(); // for huts as well
    this.#size = size;
    this.#channels = channels;
    // A village goes on as one until there is what builds houses; one that nobody has seen yet waits for it.
    const now = isTown && !this.#town && !this.#isOther ? TOWN_SIZE - 1 : size;
    const places = channels.map(({ id, name, kind, category, plot }) => [id, name, kind, category, plot]);
    const key = JSON.stringify([this.#guild, now, places]);
    if (key === this.#key) return;
    this.#key = key;
    this.#work = this.#rise(channels, now);
  }

  /** @param {import('./town.js').Town} town */
  set town(town) {
    this.#town = town;
    if (this.#key) this.#plan(this.#channels, this.#size);
  }

  /** @param {typeof import('./sim.js').Sim} life */
  set life(life) {
    this.#life = life;
  }

  /** Goes on with what time waits for. @param {number} [until] @returns {boolean} whether it waits no longer */
  #goOn(until) {
    if (this.#work && pursue(this.#work, until).done) this.#work = null;
    return !this.#work;
  }

  /** Another island, in place of the one that is there; that stands still meanwhile. @param {ChannelInfo[]} channels @param {number} size @returns {Generator<boolean | void, void>} */
  *#rise(channels, size) {
    const isOther = this.#isOther;
    const before = isOther ? null : this.#here;
    const terrain = yield* grow(this.#guild, size, channels, before?.sim.land, () => this.#town);
    yield* survey(terrain);
    while (before && !this.#life) yield AWAITING;
    const sim = this.#inhabit(terrain, before?.sim);
    if (isOther) for (const id of this.#lively) sim.spoken[sim.placeOf(id)] = 0; // its lamp is lit
    /** @type {Island} */
    const island = { guild: this.#guild, sim, land: new Land(terrain, (cell) => island.sim.wear?.at(cell) ?? 0, before?.land) };
    const { land } = island;
    if (before) {
      yield* /** @type {Sim} */ (sim).adopt(before.sim);
      yield* this.#picture.ahead(land, this.camera.isFar);
      this.#grown = this.#reducedMotion || !this.#picture.effects ? 1 : 0;
      if (land.terrain.age > before.land.terrain.age) this.celebrate(GREAT_FEAST, true);
    }
    yield* sim.house(this.#strangers);
    sim.reducedMotion = this.#reducedMotion;
    this.#island = island;
    this.camera.bounds = land.bounds;
    this.camera.settle();
    if (!isOther) return;
    const followed = this.#following;
    this.comeHome();
    this.follow(followed);
  }

  /** Nobody's. @returns {Island} */
  #settle() {
    const terrain = finish(grow('', NOBODY_YET, []));
    return { guild: '', sim: this.#inhabit(terrain), land: new Land(terrain, () => 0) };
  }

  /** Those who live on a land. @param {import('./terrain.js').Terrain} terrain @param {Settlement} [before] */
  #inhabit(terrain, before) {
    const sim = new (this.#life ?? Settlement)(terrain, before);
    sim.reducedMotion = this.#reducedMotion;
    return sim;
  }

  /** From here on people move. @param {Island} island @returns {Generator<boolean | void, void>} */
  *#enliven(island) {
    const before = island.sim;
    const sim = /** @type {Sim} */ (this.#inhabit(before.land, before));
    yield* sim.adopt(before);
    yield* sim.house(this.#strangers);
    island.sim = sim;
    if (this.#following) sim.stir(this.#following, true);
  }

  /** Makes the island what it shall be by now, and lets those talk who meanwhile wanted to. */
  #catchUp() {
    const channels = this.#awaited;
    this.#awaited = null;
    if (channels) this.#plan(channels, this.#size);
    if (!this.#work && this.#life && this.#island && !this.alive) this.#work = this.#enliven(this.#island);
    if (this.#work) return;
    if (this.#town && this.#island && !this.sim.land.town) this.#town.settleIn(this.sim);
    for (const [uid, channelId] of this.#unsaid.splice(0)) this.say(uid, channelId);
  }

  /** Lets those in and out who wait, some at a time. @param {number} until */
  #welcome(until) {
    for (const uid of this.#news.keys()) {
      this.#admit(uid);
      if (this.#work || performance.now() > until) return;
    }
  }

  /** Takes over what is new of somebody. @param {string} uid @returns {boolean} false: there has to be a larger island first, or what lets people move */
  #admit(uid) {
    const member = this.#news.get(uid);
    if (this.#work || member === undefined) return !this.#work;
    const { alive, sim } = this;
    const { people, land } = sim;
    const isNew = member && sim.slotOf(uid) < 0;
    if (!alive && member && (!isNew || this.#sailing.has(uid))) return false;
    if (isNew && land.age < TOWN_AGE && people > land.walkable * CROWDED) {
      this.#plan(land.channels, sizeFor(people * 1.3));
      if (!this.#goOn(performance.now() + SLICE)) return false;
    }
    if (isNew && ageOf(people + 1) > land.age) this.#plan(land.channels, sizeFor(people + 1));
    this.#news.delete(uid);
    const isForgotten = this.#forgotten.delete(uid);
    if (member) this.sim.add(member, this.#sailing.delete(uid));
    else if (!alive) sim.drop(sim.slotOf(uid));
    else if (isForgotten) alive.forget(uid);
    else alive.remove(uid);
    return true;
  }

  /** @param {Member} member */
  arrive(member) {
    this.#forgotten.delete(member.uid);
    this.#sailing.add(member.uid);
    this.#news.set(member.uid, member);
  }

  /** @param {string} uid */
  leave(uid) {
    this.#sailing.delete(uid);
    this.#news.set(uid, null);
  }

  /** Somebody is there, and known by number alone. @param {string} uid */
  forget(uid) {
    this.leave(uid);
    this.#forgotten.add(uid);
  }

  /** Those live there as well who are known by number alone. @param {Tenants[]} strangers */
  house(strangers) {
    this.#strangers = strangers;
    if (!this.#work) finish(this.sim.house(strangers));
  }

  /** @param {Member} member */
  change(member) {
    this.#forgotten.delete(member.uid);
    this.#news.set(member.uid, member);
  }

  /** Somebody wrote: they walk there. @param {string} uid @param {string} channelId */
  say(uid, channelId) {
    const isIn = this.#admit(uid);
    const { alive } = this;
    if (this.#awaited || !isIn || !alive) {
      if (this.#unsaid.length < MOST_UNSAID) this.#unsaid.push([uid, channelId]);
      return;
    }
    alive.say(uid, alive.land.channels.length ? alive.placeOf(channelId) : 0);
  }

  /** Somebody does something else: in a town they come out for it. @param {string} uid @returns {boolean} false: nobody would see it now */
  stir(uid) {
    const isIn = this.#admit(uid);
    const { alive } = this;
    if (isIn) alive?.stir(uid);
    return isIn && alive !== null && !this.#awaited;
  }

  /** So many things happened just now: the lighthouse turns with them. @param {number} events */
  pulse(events) {
    this.#rate += events / CALMING;
  }

  /** What stands somewhere for a while. @param {import('./draw.js').Mark[]} marks */
  set marks(marks) {
    this.#picture.marks = marks;
  }

  // ── camera ──────────────────────────────────────────────────────────────

  /** CSS pixels for one of art. */
  get scale() {
    return this.camera.zoom / this.camera.density;
  }

  get following() {
    return this.#following;
  }

  /** CSS pixels that are covered at each side: `fit` and flights use the rest. @param {import('./camera.js').Sides} sides */
  set insets(sides) {
    this.#insets = sides;
    this.#resize();
  }

  /** Shows all of the island. */
  comeHome() {
    this.#following = null;
    this.camera.bounds = this.#land.bounds;
    this.camera.fit();
  }

  /** Somebody is looked for: in a town they come out. @param {string} uid */
  seek(uid) {
    if (this.#admit(uid)) this.alive?.stir(uid, true);
  }

  /** @param {string | null} uid */
  follow(uid) {
    if (uid) this.seek(uid);
    this.#following = uid && (this.#news.get(uid) || this.sim.slotOf(uid) >= 0) ? uid : null;
    if (this.#following) this.comeClose();
  }

  comeClose() {
    if (this.scale < CLOSE) this.camera.zoomTo(CLOSE * this.camera.density);
  }

  /** @param {Spot} spot */
  fly({ x, y }) {
    this.camera.fly(x, y - ABOVE_GROUND, this.#reducedMotion || !this.#picture.effects ? Infinity : FLIGHT);
  }

  // ── what is where ───────────────────────────────────────────────────────

  /** Where an island would be with all of it in view. @param {number} width in pixels of art @param {number} height */
  rectOf(width, height) {
    const { density, insets, start } = this.camera;
    const camera = Object.assign(new Camera(), { density, insets, start, bounds: { left: 0, right: width, top: 0, bottom: height } });
    camera.resize(this.camera.width, this.camera.height, density);
    camera.fit();
    return rectIn(camera);
  }

  /** Whether the island is that of the guild that is shown: it takes a moment to grow. */
  get isHere() {
    return !this.#isOther;
  }

  /** What the island is like, for who draws it otherwise. */
  get shape() {
    return { terrain: this.sim.land, bounds: this.#land.bounds };
  }

  /** Whether somebody is to be seen on the land. @param {number} slot */
  isOut(slot) {
    const state = this.sim.state[slot];
    return state !== GONE && state !== TENT && state !== ABOARD;
  }

  /** Where somebody is, on a spot that is another one's next. @param {string} uid */
  spotOf(uid) {
    const slot = this.sim.slotOf(uid);
    if (slot < 0) return null;
    if (this.sim.state[slot] === ABOARD) boatSpot(this.sim, this.#spot);
    else personSpot(this.sim, slot, this.#spot);
    return this.#spot;
  }

  // ── frames ──────────────────────────────────────────────────────────────

  #resize() {
    const box = (this.#canvas.parentElement ?? this.#canvas).getBoundingClientRect();
    const density = window.devicePixelRatio;
    const { left, right, top, bottom } = this.#insets;
    this.camera.insets = { left: left * density, right: right * density, top: top * density, bottom: bottom * density };
    this.camera.resize(Math.max(1, Math.round(box.width * density)), Math.max(1, Math.round(box.height * density)), density);
  }

  /** Makes the canvas as many pixels as are drawn, each a whole number of the screen's. */
  #measure() {
    const { width, height, pixel, density } = this.camera;
    const columns = Math.ceil(width / pixel);
    const rows = Math.ceil(height / pixel);
    this.#canvas.style.imageRendering = pixel < 1 ? 'auto' : 'pixelated';
    this.#canvas.style.width = `${(columns * pixel) / density}px`;
    this.#canvas.style.height = `${(rows * pixel) / density}px`;
    const { buffer } = this.#picture;
    if (columns === buffer.width && rows === buffer.height) return;
    this.#picture.resize(columns, rows);
    this.#canvas.width = columns;
    this.#canvas.height = rows;
    this.#image = new ImageData(new Uint8ClampedArray(buffer.pixels.buffer), buffer.stride, rows + 2 * GUARD);
  }

  /** @param {number} now */
  #run(now) {
    requestAnimationFrame((next) => this.#run(next));
    if (this.camera.density !== window.devicePixelRatio) this.#resize(); // on another screen
    const passed = this.#last ? Math.max(0, now - this.#last) / 1000 : 1 / RATE;
    this.#last = now;
    const end = performance.now() + SLICE;
    if (this.#goOn(end)) this.#catchUp();
    if (!this.#key || !this.#island) return;
    const isReady = this.#look(end);
    if (!isReady) return;
    if (!this.#work) {
      this.#welcome(performance.now() + ASHORE);
      this.#simulate(passed, end);
    }
    this.#paint(passed);
    this.#options.onFrame();
  }

  /** Gets ready to draw what is looked at, or at least its picture at half the size. @param {number} until */
  #look(until) {
    const camera = this.camera;
    const { wantsFar } = camera;
    const isReady = this.#picture.prepare(this.#land, wantsFar, until);
    camera.isCoarse = !isReady && !wantsFar && this.#picture.prepare(this.#land, true, until + SLICE);
    if (!isReady && !camera.isCoarse) return false;
    const { height, pixel, isFar } = camera;
    if (this.#picture.isWarm(isFar)) {
      if (!isFar && camera.home >= 1) this.#picture.forgetFar();
      return true;
    }
    if (!this.isAwake) this.#measure(); // else what is seen stays until then
    this.#relight();
    this.#picture.warm(this.sim, this.#view, Math.ceil(height / pixel), this.isAwake ? until : until + ASHORE);
    return false; // the next frame has time to draw it
  }

  /** How it is looked at. */
  get #view() {
    const { isFar, origin } = this.camera;
    const part = isFar ? 2 : 1;
    return {
      x: origin.x / part,
      y: origin.y / part,
      far: isFar,
      legible: this.scale >= LEGIBLE,
      time: this.#time,
      beam: this.connected ? this.#turns : -1,
      moods: !this.#reducedMotion,
      grown: this.#grown,
      weather: this.weather,
      feast: this.#time < this.#feast.until ? this.#feast : null,
    };
  }

  /** @param {number} passed @param {number} until */
  #simulate(passed, until) {
    const { alive } = this;
    this.#time += passed;
    this.#rate *= 0.5 ** (passed / CALMING);
    this.#turns = (this.#turns + (passed / TURN) * (1 + Math.min(8, this.#rate))) % 1;
    if (!alive) return;
    this.#work = alive.pass(passed, Math.max(until, performance.now() + ASHORE), () => performance.now());
    if (!this.#work) return alive.wear.mend(this.#land);
    this.#goOn(until);
    this.#last = performance.now(); // what that took is not to be caught up with as well
  }

  /** @param {number} passed */
  #paint(passed) {
    if (!this.isAwake) this.#canvas.classList.add('awake');
    this.isAwake = true;
    this.#relight();
    const spot = this.#following && this.spotOf(this.#following);
    if (spot) this.fly(spot);
    else if (!this.#news.has(this.#following ?? '')) this.#following = null;
    const { effects } = this.#picture;
    effects?.steer(this.camera, passed);
    if (effects) this.#grown = Math.min(1, this.#grown + passed / effects.RISING);
    this.#measure();
    this.#picture.draw(this.sim, this.#land, this.#view);
    const { width, height } = this.#picture.buffer;
    if (this.#image) this.#context.putImageData(this.#image, -GUARD, -GUARD, GUARD, GUARD, width, height);
  }

  /** There is something to celebrate, unless somebody wants nothing to move. @param {number} seconds @param {boolean} [isGreat] */
  celebrate(seconds, isGreat = false) {
    if (this.#reducedMotion) return;
    this.#feast = { from: this.#time, until: this.#time + seconds, isGreat };
  }

  /** The light changes every other minute, not with every frame. */
  #relight() {
    const clock = new Date();
    const hour = this.hour ?? clock.getHours() + clock.getMinutes() / 60;
    const season = this.season ?? seasonAt(clock, this.isSouth);
    const { seed } = this.sim.land;
    this.weather = this.#picture.effects?.moods.weatherAt(seed, Math.floor(clock.getTime() / AN_HOUR), season) ?? '';
    const key = `${Math.round(hour * 30)} ${this.connected} ${season} ${seed}`;
    if (key === this.#lightKey) return;
    this.#lightKey = key;
    this.#picture.relight(new Light(hour % 24, !this.connected), this.#options.background === 'sea', season);
  }
}

/** Where the land is, in CSS pixels. @param {Camera} camera */
export function rectIn({ bounds, origin, zoom, density }) {
  const scale = zoom / density;
  return {
    left: (bounds.left - origin.x) * scale, right: (bounds.right - origin.x) * scale,
    top: (bounds.top - origin.y) * scale, bottom: (bounds.bottom - origin.y) * scale,
  };
}
