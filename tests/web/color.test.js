import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bodyColor, fromLch, pack, parseHex, ramp, toLch } from '../../bridge/web/world/color.js';
import { ownColors } from '../../bridge/web/world/figures.js';
import { Light } from '../../bridge/web/world/light.js';

const ROLES = ['#000000', '#ff0000', '#00ff00', '#0000ff', '#ffff00', '#7f7f7f', '#fefefe', '#8b4513', null];

test('a colour survives the way to OKLCH and back', () => {
  for (const hex of ROLES) {
    if (!hex) continue;
    const rgb = parseHex(hex);
    fromLch(toLch(rgb)).forEach((c, i) => assert.ok(Math.abs(c - rgb[i]) < 0.02, hex));
  }
});

test('what no screen can show keeps its lightness', () => {
  const [lightness] = toLch(fromLch([0.6, 0.4, 150]));
  assert.ok(Math.abs(lightness - 0.6) < 0.02);
});

test('shades go from dark to light, whatever the role', () => {
  for (const hex of ROLES) {
    const lights = ramp(bodyColor(hex), [-0.15, -0.07, 0, 0.06, 0.13]).map((rgb) => toLch(rgb)[0]);
    lights.slice(1).forEach((light, i) => assert.ok(light > lights[i], `${hex}: ${lights}`));
  }
});

test('every role can be told from its own outline, by day and by night', () => {
  for (const hex of ROLES) {
    const colors = ownColors(hex, 1);
    for (const hour of [1, 12]) {
      const light = new Light(hour, false);
      const seen = (/** @type {number} */ i) => {
        const packed = light.on(colors[i], 0);
        return toLch([(packed & 255) / 255, ((packed >>> 8) & 255) / 255, ((packed >>> 16) & 255) / 255])[0];
      };
      assert.ok(seen(4) - seen(1) > 0.1, `${hex} at ${hour}`);
    }
  }
});

test('what is out of date has little colour left', () => {
  const red = parseHex('#ff2020');
  const chroma = (/** @type {number} */ packed) => Math.max(packed & 255, (packed >>> 8) & 255) - Math.min(packed & 255, (packed >>> 8) & 255);
  assert.ok(chroma(new Light(12, true).on(red, 0)) < 0.3 * chroma(new Light(12, false).on(red, 0)));
});

test('colours are packed as the canvas has them', () => {
  assert.equal(pack([1, 0.5, 0]), 0xff0080ff);
});
