/** Seasons and weather: by the date, the hemisphere and the hour, for all the same. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Light } from '../../bridge/web/world/light.js';
import { GRASS_INK, Palette, WATER_END } from '../../bridge/web/world/inks.js';
import { weatherAt } from '../../bridge/web/world/moods.js';
import { inksOf, isSouthern, seasonAt } from '../../bridge/web/world/seasons.js';

test('each season has three months, and the south has the other one', () => {
  const year = [...Array(12).keys()].map((month) => seasonAt(new Date(2026, month, 15), false));
  assert.deepEqual(year, ['winter', 'winter', 'spring', 'spring', 'spring', 'summer', 'summer', 'summer', 'autumn', 'autumn', 'autumn', 'winter']);
  assert.equal(seasonAt(new Date(2026, 6, 1), true), 'winter');
  assert.equal(seasonAt(new Date(2026, 11, 24), true), 'summer');
});

test('which zones are southern', () => {
  const south = ['Australia/Sydney', 'Pacific/Auckland', 'America/Argentina/Buenos_Aires', 'America/Sao_Paulo', 'America/Santiago', 'America/Montevideo', 'America/Lima', 'Africa/Johannesburg', 'Indian/Mauritius'];
  const north = ['Europe/Berlin', 'America/New_York', 'America/Monterrey', 'America/Montreal', 'America/Mexico_City', 'Asia/Tokyo', 'Africa/Cairo', 'Pacific/Honolulu', 'Indian/Maldives', 'UTC', ''];
  assert.deepEqual(south.filter((zone) => !isSouthern(zone)), []);
  assert.deepEqual(north.filter(isSouthern), []);
});

test('it rains now and then, snows in winter only, and is the same for all', () => {
  const hours = [...Array(1_000).keys()];
  for (const season of /** @type {const} */ (['spring', 'summer', 'autumn', 'winter'])) {
    const wet = hours.map((hour) => weatherAt(7, hour, season)).filter(Boolean);
    assert.ok(wet.length > 20 && wet.length < 150, `${season}: ${wet.length}`);
    assert.ok(wet.every((kind) => (kind === 'snow') === (season === 'winter')));
  }
  assert.deepEqual(hours.map((hour) => weatherAt(7, hour, 'autumn')), hours.map((hour) => weatherAt(7, hour, 'autumn')));
});

test('a season changes the land and not the water', () => {
  const light = new Light(12, false);
  const summer = new Palette(light, true).colors;
  for (const season of /** @type {const} */ (['spring', 'autumn', 'winter'])) {
    const other = new Palette(light, true, inksOf(season)).colors;
    assert.deepEqual(other.subarray(0, WATER_END), summer.subarray(0, WATER_END));
    assert.notEqual(other[GRASS_INK[0] + 2], summer[GRASS_INK[0] + 2]);
  }
  assert.equal(inksOf('summer').size, 0);
});
