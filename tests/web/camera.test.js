import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Camera } from '../../bridge/web/world/camera.js';
import { flyHome, panBy, steer, visit, zoomBySteps } from '../../bridge/web/world/flights.js';

/** @param {number} width @param {number} height */
function camera(width, height, density = 1) {
  const made = new Camera();
  made.bounds = { left: -300, right: 300, top: -20, bottom: 280 };
  made.resize(width, height, density);
  made.fit();
  return made;
}

/** Where a point of the art is on the screen. @param {Camera} camera @param {number} x @param {number} y */
const onScreen = ({ origin, zoom }, x, y) => [(x - origin.x) * zoom, (y - origin.y) * zoom];

test('the whole island is in view, as large as legible pixels allow', () => {
  for (const [width, height, density, zoom] of [[1280, 720, 1, 2], [1000, 640, 1, 1.5], [3840, 2160, 1, 6], [800, 600, 1, 1], [500, 400, 1, 0.75], [400, 330, 1, 0.5]]) {
    const one = camera(width, height, density);
    assert.equal(one.zoom, zoom);
    const [left, top] = onScreen(one, -300, -20);
    const [right, bottom] = onScreen(one, 300, 280);
    assert.ok(left >= 0 && top >= 0 && right <= width && bottom <= height);
  }
});

test('a screen that stands upright shows all of the height, and of the width as much as is legible', () => {
  for (const [width, height, density, zoom] of [[1170, 2532, 3, 4], [390, 844, 1, 1.5], [600, 800, 1, 1.5]]) {
    const one = camera(width, height, density);
    assert.equal(one.zoom, zoom);
    const [left, top] = onScreen(one, -300, -20);
    const [right, bottom] = onScreen(one, 300, 280);
    assert.ok(top >= 0 && bottom <= height);
    assert.ok(width / (right - left) > 0.4);
    panBy(one, 1e6, 0);
    assert.equal(one.x, 300, 'the rest is a drag away');
  }
});

test('where it starts close it comes home to that, also in another window', () => {
  const one = camera(1280, 720);
  one.start = 4;
  one.fit();
  assert.deepEqual([one.zoom, one.x], [4, 0]);
  one.resize(1280, 720, 2);
  assert.equal(one.zoom, 8);
  one.resize(1280, 720, 1);
  visit(one, 200, 200, 3, 5);
  for (let i = 0; i < 300; i++) steer(one, 1 / 30);
  assert.equal(one.zoom, 3);
  flyHome(one, 5);
  for (let i = 0; i < 300; i++) steer(one, 1 / 30);
  assert.deepEqual([one.zoom, one.x, one.isFitted], [4, 0, true]);
});

test('a flight can be ended on its way', () => {
  const one = camera(1280, 720);
  one.fly(200, 200, 1);
  steer(one, 0.1);
  const { x, y } = one;
  one.flight = null;
  steer(one, 0.1);
  assert.deepEqual([one.x, one.y], [x, y]);
});

test('what covers a side is left free', () => {
  const one = camera(1600, 900);
  one.insets = { left: 320, right: 0, top: 60, bottom: 0 };
  one.settle();
  const [left, top] = onScreen(one, -300, -20);
  assert.ok(left >= 320 && top >= 60);
});

test('a fitted view stays fitted when the window changes; one that was moved stays where it is', () => {
  const one = camera(1280, 720);
  one.resize(3840, 2160, 1);
  assert.equal(one.zoom, 6);
  panBy(one, 40, 0);
  const { x } = one;
  one.resize(1280, 720, 1);
  assert.deepEqual([one.zoom, one.x], [6, x]);
});

test('panning moves the view by as many pixels, and never away from the island', () => {
  const one = camera(1280, 720);
  const { x, y } = one;
  panBy(one, 20, -10);
  assert.deepEqual([one.x - x, one.y - y], [10, -5]);
  panBy(one, 1e6, 1e6);
  assert.deepEqual([one.x, one.y], [300, 280]);
});

test('zooming keeps the point under the pointer, in legible steps, within limits', () => {
  const one = camera(1280, 720);
  const at = [900, 300];
  const before = [one.origin.x + at[0] / one.zoom, one.origin.y + at[1] / one.zoom];
  zoomBySteps(one, 1, at[0], at[1]);
  assert.equal(one.zoom, 2.5);
  const [x, y] = onScreen(one, before[0], before[1]);
  assert.ok(Math.abs(x - at[0]) <= 3 && Math.abs(y - at[1]) <= 3);
  const seen = [];
  for (let i = 0; i < 20; i++) {
    zoomBySteps(one, -1, 640, 360);
    seen.push(one.zoom);
  }
  assert.deepEqual(seen.slice(0, 4), [2, 1.5, 1, 1], 'half as large as the whole island, and no smaller');
  zoomBySteps(one, 50, 640, 360);
  assert.equal(one.zoom, 8);
  zoomBySteps(one, -1, 640, 360);
  assert.ok(one.zoom < 8);
});

test('an island that is shown whole at one to one can be halved', () => {
  const one = camera(800, 600);
  assert.equal(one.zoom, 1);
  zoomBySteps(one, -20, 400, 300);
  assert.equal(one.zoom, 0.5);
});

test('so many pixels that no frame could draw them are not drawn', () => {
  const one = camera(3840, 2160);
  zoomBySteps(one, -20, 0, 0);
  assert.equal(one.zoom, 1.5);
});

test('a city is in view as a whole on the largest of screens, and in a small window', () => {
  // also where a half of a step would cut its tips off, or all its pixels were too many for a frame
  for (const [width, height, half, isFar] of [[3840, 2160, 1100, false], [3840, 2160, 1300, false], [5120, 1440, 1240, true], [940, 640, 1270, true]]) {
    const one = camera(width, height);
    one.bounds = { left: -half, right: half, top: -half / 2, bottom: half / 2 };
    one.settle();
    const [left, top] = onScreen(one, -half, -half / 2);
    assert.ok(left >= 0 && top >= 0, `${one.zoom}`);
    assert.equal(one.isFar, isFar);
    assert.ok((width / one.pixel) * (height / one.pixel) < 5e6);
    const { zoom } = one;
    zoomBySteps(one, 1, 0, 0);
    assert.ok(one.zoom > zoom && one.zoom % 0.5 === 0);
    zoomBySteps(one, -2, 0, 0);
    assert.equal(one.zoom, zoom);
  }
});

test('a flight ends where it was aimed at, and at the first touch', () => {
  const one = camera(1280, 720);
  one.fly(100, 100, 5);
  for (let i = 0; i < 180; i++) steer(one, 1 / 60);
  assert.ok(Math.hypot(one.x - 100, one.y - 100) < 1);
  one.fly(-100, 100, 5);
  steer(one, 1 / 60);
  panBy(one, 0, 0);
  const { x } = one;
  steer(one, 1);
  assert.equal(one.x, x);
  one.fly(-50, 100, Infinity);
  assert.equal(one.x, -50);
});

test('a visit comes close step by step, and goes back to the whole', () => {
  const one = camera(1280, 720);
  visit(one, 100, 100, 3, 2);
  const seen = new Set();
  for (let i = 0; i < 600; i++) {
    steer(one, 1 / 60);
    seen.add(one.zoom);
  }
  assert.deepEqual([...seen], [2, 2.5, 3]);
  assert.ok(Math.hypot(one.x - 100, one.y - 100) < 1);
  assert.ok(one.isAway && !one.isFitted);
  flyHome(one, 2);
  for (let i = 0; i < 600; i++) steer(one, 1 / 60);
  assert.deepEqual([one.zoom, one.x, one.y, one.isFitted, one.isAway], [2, 0, 130, true, false]);
});

test('who is on a visit sees the whole when the window changes', () => {
  const one = camera(1280, 720);
  visit(one, 100, 100, 3, 2);
  steer(one, 1);
  one.resize(1000, 640, 1);
  assert.deepEqual([one.zoom, one.x, one.isFitted], [1.5, 0, true]);
});

test('a pan makes a visit a view of one\'s own', () => {
  const one = camera(1280, 720);
  visit(one, 100, 100, 3, 2);
  steer(one, 1);
  panBy(one, 1, 0);
  const { x } = one;
  one.resize(1000, 640, 1);
  assert.deepEqual([one.x, one.isFitted, one.isAway], [x, false, false]);
});

test('a small island is close enough as a whole', () => {
  assert.ok(camera(1280, 720).whole < 3);
  assert.ok(camera(1920, 1080).whole >= 3);
});
