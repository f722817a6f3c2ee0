/**
 * The world drawn in Node, pixel for pixel as it was. Where it shall look otherwise: `UPDATE=1 npm test`, and look
 * at the pictures in `references` before they are kept.
 */

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';

import { Camera } from '../../bridge/web/world/camera.js';
import { Buffer } from '../../bridge/web/world/buffer.js';
import { pack } from '../../bridge/web/world/color.js';
import { RATE } from '../../bridge/web/world/crowd.js';
import { Picture } from '../../bridge/web/world/draw.js';
import { EFFECTS } from '../../bridge/web/world/effects.js';
import { drawFeast } from '../../bridge/web/world/feast.js';
import { Land } from '../../bridge/web/world/land.js';
import { Light } from '../../bridge/web/world/light.js';
import { marksFor } from '../../bridge/web/world/marks.js';
import { Sim } from '../../bridge/web/world/sim.js';
import { finish } from '../../bridge/web/world/slices.js';
import { grow, sizeFor } from '../../bridge/web/world/terrain.js';
import { TOWN } from '../../bridge/web/world/town.js';
import { channels, growing, island, member, members, voice } from './guild.js';
import { readPng, writePng } from './png.js';

/**
 * @typedef {{count: number, places: number, width: number, height: number, zoom?: number, hour?: number, faded?: boolean,
 *   sea?: boolean, seconds?: number, season?: import('../../bridge/web/world/seasons.js').Season, weather?: 'rain' | 'snow', still?: boolean, on?: string, goes?: string, happen?: (sim: Sim) => void}} Scene
 *   `on`: the place to look at, `goes`: what goes on, each kind with its place
 */

const folk = [
  member(900, { status: 'online', color: '#e91e63', fresh: true }),
  member(901, { status: 'dnd', color: '#2ecc71', bot: false }),
  member(902, { status: 'online', color: null, bot: true }),
  member(903, { status: 'idle', color: '#f1c40f' }),
  member(904, { status: 'online', color: '#3498db', voice: { ...voice('c3'), muted: true } }),
  member(905, { status: 'online', color: '#9b59b6', voice: { ...voice('c3'), streaming: true } }),
  member(906, { status: 'online', color: '#000000', voice: voice('c3') }),
  member(907, { status: 'offline' }),
];

const graded = [
  member(910, { status: 'online', bot: false, color: '#e91e63', color2: '#3498db' }),
  member(911, { status: 'online', bot: false, color: '#2ecc71', color2: '#f1c40f', voice: voice('c3') }),
  member(912, { status: 'online', bot: true, color: '#9b59b6', color2: '#ffffff' }),
  member(913, { status: 'idle', bot: false, color: '#f1c40f', color2: '#000000' }),
  member(914, { status: 'dnd', bot: false, color: '#ffffff', color2: '#e91e63', voice: voice('c3') }),
  member(915, { status: 'online', bot: false, color: '#3498db', color2: '#3498db' }),
];

/** What goes on, by kinds with their places. @param {string} goes */
function goingOn(goes) {
  const happenings = goes.split(' ').map((one) => one.split('@')).map(([kind, placeId], i) => ({
    id: `${i}`, kind, uid: '', placeId, channel: '', text: kind === 'event' ? 'Tulip quiz' : '', location: '', until: Infinity,
  }));
  return marksFor(happenings, channels(8).map((channel) => ({ ...channel, status: channel.id === 'c3' ? 'ghost stories' : '', plot: null })));
}

/** @type {Record<string, Scene>} */
const scenes = {
  'all-kinds': { count: 4, places: 8, width: 320, height: 200, zoom: 1, on: 'c3', hour: 19, happen: (sim) => folk.forEach((one) => sim.add(one)) },
  'a-speech': { count: 21, places: 8, width: 240, height: 150, zoom: 1, on: 'c5', happen: (sim) => [50, 51, 52, 53, 54].forEach((i) => sim.add(member(i, { status: 'online', voice: { ...voice('c5'), speaker: i < 53 } }))) },
  'gradients': { count: 4, places: 8, width: 320, height: 200, zoom: 1, on: 'c3', happen: (sim) => graded.forEach((one) => sim.add(one)) },
  'gradients-far': { count: 4, places: 8, width: 240, height: 150, zoom: 0.5, happen: (sim) => graded.forEach((one) => sim.add(one)) },
  'not-connected': { count: 21, places: 8, width: 400, height: 225, faded: true },
  'without-sea': { count: 4, places: 3, width: 240, height: 140, sea: false },
  'dawn': { count: 21, places: 8, width: 400, height: 225, hour: 6.5 },
  'winter': { count: 100, places: 12, width: 480, height: 270, zoom: 1, hour: 9, season: 'winter', weather: 'snow', seconds: 0.2 },
  'a-village-in-winter': { count: 40, places: 12, width: 400, height: 225, zoom: 1, hour: 18, season: 'winter' },
  'a-city-in-winter': { count: 5_000, places: 40, width: 320, height: 180, zoom: 0.5, season: 'winter', seconds: 1 },
  'autumn-in-the-rain': { count: 21, places: 12, width: 400, height: 225, season: 'autumn', weather: 'rain' },
  'spring': { count: 21, places: 30, width: 400, height: 225, zoom: 1, season: 'spring' },
  'the-boat': { count: 4, places: 3, width: 320, height: 200, seconds: 4.6, happen: (sim) => folk.slice(0, 3).forEach((one) => sim.add(one, true)) },
  'what-goes-on': { count: 4, places: 8, width: 520, height: 300, zoom: 1, on: 'c3', hour: 21, goes: 'poll@c1 thread@c2 event@c3 event@c5 event@ boost@', happen: (sim) => folk.forEach((one) => sim.add(one)) },
  'fading': { count: 12, places: 3, width: 320, height: 200, seconds: 0.15, still: true, happen: (sim) => [0, 1, 2, 3].forEach((i) => sim.say(`u${i}`, 0)) },
};

/** Each of a settlement's sizes, as large as all of it, or at half that; a city's heart. @type {Scene[]} */
const sizes = [
  { count: 4, places: 4, width: 320, height: 220 },
  { count: 21, places: 8, width: 400, height: 225, zoom: 1 },
  { count: 40, places: 12, width: 400, height: 225, zoom: 1 },
  { count: 60, places: 12, width: 400, height: 225, zoom: 1 },
  { count: 300, places: 20, width: 320, height: 190, zoom: 0.5 },
  { count: 1_000, places: 30, width: 400, height: 225, zoom: 0.5 },
  { count: 5_000, places: 40, width: 400, height: 225, zoom: 0.5 },
  { count: 20_000, places: 40, width: 400, height: 225, zoom: 0.5 },
];

/** A crowd, some of whom talk. @param {Scene} scene */
function settle({ count, places, seconds = 6, still = false, happen }) {
  const sim = new Sim(island('1', sizeFor(count), channels(places)));
  sim.reducedMotion = still;
  for (const one of members(count, count < 10 ? { status: 'online' } : {})) sim.add(one);
  happen?.(sim);
  for (let i = 0; i < seconds * RATE; i++) sim.step();
  return { sim, land: new Land(sim.land, (cell) => sim.wear.at(cell)) };
}

/** @param {ReturnType<typeof settle>} there @param {Scene} scene */
function look({ sim, land }, { width, height, zoom, hour = 12, faded = false, sea = true, season, weather, still = false, on, goes, beam = 0.4 }) {
  const camera = new Camera();
  camera.bounds = land.bounds;
  camera.resize(width, height, 1);
  camera.fit();
  if (zoom || camera.isFar) camera.zoomTo(zoom ?? 0.5); // no pixel is one and a half
  const place = sim.land.places.find(({ id }) => id === on);
  if (place) camera.fly((place.x - place.y) * 8, (place.x + place.y + 1 - sim.land.side) * 4, Infinity);
  const picture = new Picture();
  picture.resize(width, height);
  picture.effects = EFFECTS;
  if (goes) picture.marks = goingOn(goes);
  picture.relight(new Light(hour, faded), sea, season);
  const part = camera.isFar ? 2 : 1;
  const { x, y } = camera.origin;
  const view = { x: x / part, y: y / part, far: camera.isFar, legible: true, time: 7.3, beam: faded ? -1 : beam, moods: !still, grown: 1, weather };
  picture.draw(sim, land, view);
  const pixels = new Uint32Array(width * height);
  for (let row = 0; row < height; row++) {
    const from = picture.buffer.at(0, row);
    pixels.set(picture.buffer.pixels.subarray(from, from + width), row * width);
  }
  return pixels;
}

/** @param {Scene} scene */
const render = (scene) => look(settle(scene), scene);

/** @param {string} name @param {Scene} scene @param {Uint32Array} pixels */
function compare(name, { width, height }, pixels) {
  const file = new URL(`references/${name}.png`, import.meta.url);
  if (process.env.UPDATE) writeFileSync(file, writePng(width, height, pixels));
  assert.ok(existsSync(file), 'there is no reference: make one with UPDATE=1, and look at it');
  const expected = readPng(readFileSync(file));
  assert.deepEqual([expected.width, expected.height], [width, height]);
  const different = pixels.reduce((sum, color, i) => sum + Number(color !== expected.pixels[i]), 0);
  if (different) writeFileSync(new URL(`references/${name}.actual.png`, import.meta.url), writePng(width, height, pixels));
  assert.equal(different, 0, `${different} pixels differ: see references/${name}.actual.png`);
}

for (const [name, scene] of Object.entries(scenes)) test(`${name} looks as it did`, () => compare(name, scene, render(scene)));

for (const scene of sizes) {
  /** @type {ReturnType<typeof settle> | undefined} */
  let there;
  for (const [when, hour] of /** @type {const} */ ([['by-day', 12], ['at-dusk', 19.5], ['at-night', 23]])) {
    test(`${scene.count} ${when} look as they did`, () => {
      there ??= settle({ ...scene, happen: (sim) => [0, 1, 2, 3, 5, 8].forEach((i) => sim.say(`u${i}`, i % 4)) });
      compare(`${scene.count}-${when}`, scene, look(there, { ...scene, hour }));
    });
  }
}

test('without a sea there is nothing where it would be', () => {
  const pixels = render(scenes['without-sea']);
  assert.equal(pixels[0], 0);
  assert.ok(pixels.some((color) => color >>> 24 === 255));
});

test('the beam makes no sky in the sea darker, and there is none where there is no sea', () => {
  const scene = { count: 21, places: 4, width: 400, height: 225 };
  const there = settle({ ...scene, seconds: 0.1 });
  const bright = (/** @type {number} */ color) => (color & 255) + ((color >>> 8) & 255) + ((color >>> 16) & 255);
  for (const hour of [6, 19, 20.5]) {
    const [without, lit] = [-1, 0.7].map((beam) => look(there, { ...scene, hour, beam }));
    const changed = lit.filter((color, i) => color !== without[i]);
    assert.ok(changed.length > 1_000);
    assert.ok(lit.reduce((sum, color, i) => sum + Number(bright(color) < bright(without[i])), 0) < changed.length * 0.02, `at ${hour}`);
  }
  assert.equal(look(there, { ...scene, hour: 20.5, beam: 0.7, sea: false })[0], 0);
});

test('a feast is over the square, has its bounds and its end', () => {
  const buffer = new Buffer();
  buffer.resize(400, 300);
  const lit = (/** @type {number} */ since, /** @type {boolean} */ isGreat) => {
    buffer.pixels.fill(0);
    drawFeast(buffer, { x: -200, y: -200, far: false }, since, 10 - since, isGreat);
    return buffer.pixels.reduce((sum, color) => sum + Number(color !== 0), 0);
  };
  assert.equal(lit(10, true), 0);
  const counts = [1, 2, 3, 5, 7].map((since) => lit(since, true));
  assert.ok(counts.every((count) => count > 40 && count < 2_000), `${counts}`);
  assert.ok(lit(5, false) < lit(5, true));
});

test('windows of a town go on one by one at dusk, and by day none of them shines', () => {
  const shining = pack([1, 0.81, 0.32]);
  const lit = [12, 18.7, 19, 19.2, 19.35, 19.5, 19.8, 20.5, 23].map((hour) => (
    render({ count: 300, places: 6, width: 640, height: 360, zoom: 1, hour, seconds: 0.1 }).filter((color) => color === shining).length
  ));
  assert.equal(lit[0], 0);
  assert.deepEqual(lit, lit.toSorted((a, b) => a - b));
  assert.ok(new Set(lit).size >= 5, `${lit}`);
});

test('new land comes up out of the sea, and all else stays', () => {
  const before = island('1', 6, channels(4));
  const after = finish(growing('1', sizeFor(100), channels(4), before));
  const [old, land] = [before, after].map((terrain) => ({ sim: new Sim(terrain), land: new Land(terrain, () => 0) }));
  land.land.before = old.land;
  const picture = new Picture();
  picture.effects = EFFECTS;
  picture.resize(400, 260);
  picture.relight(new Light(12, false), true);
  const look = (/** @type {typeof old} */ { sim, land: seen }, /** @type {number} */ grown) => {
    picture.draw(sim, seen, { x: -200, y: -130, far: false, legible: true, time: 7.3, beam: -1, moods: false, grown });
    return picture.buffer.pixels.slice();
  };
  const first = look(old, 1);
  const differing = (/** @type {number} */ grown) => look(land, grown).reduce((sum, color, i) => sum + Number(color !== first[i]), 0) / first.length;
  assert.ok(differing(0) < 0.03, `but the keeper's house, and huts, of another age: ${differing(0)}`);
  const half = differing(0.5);
  assert.ok(half > 0.03 && half < differing(1));
});

test('huts rise where a village was seen without them, and are there at once where nothing shall move', () => {
  const sim = new Sim(finish(grow('1', sizeFor(40), channels(8))));
  const land = new Land(sim.land, () => 0);
  const picture = new Picture();
  picture.resize(400, 260);
  picture.relight(new Light(12, false), false);
  const look = (/** @type {number} */ time, moods = true) => {
    picture.draw(sim, land, { x: -200, y: -130, far: false, legible: true, time, beam: -1, moods, grown: 1 });
    return picture.buffer.pixels.slice();
  };
  const bare = look(7.3);
  TOWN.settleIn(sim);
  const built = [0, 0.4, 1.2, 2, 4].map((later) => look(7.3 + later).reduce((sum, color, i) => sum + Number(color !== bare[i]), 0));
  assert.equal(built[0], 0);
  assert.ok(built.every((much, i) => !i || much > built[i - 1]), `${built}`);
  assert.deepEqual(look(7.3, false), look(20), 'all of them are up');
});
