/** What an address may say of how a page shows its guild; nonsense says nothing, and nothing of it is kept. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { choicesOf, readAddress } from '../../bridge/web/ui/address.js';
import { Preferences, hourOf } from '../../bridge/web/ui/preferences.js';

test('an address says how a page shows its guild', () => {
  const address = readAddress('?s=%20garden%20&embed=1&hour=19.5&density=calm&zoom=2&lang=de&sound=sea&tour=off&names=0&feed=on&background=transparent');
  assert.deepEqual({ ...address }, {
    s: 'garden', embed: true, background: 'transparent', follow: null, hour: '19.5', density: 'calm', zoom: 2, lang: 'de',
    sound: 'sea', tour: false, names: false, feed: true, socketURL: null,
  });
  assert.deepEqual(choicesOf(address), { hour: '19.5', density: 'calm', language: 'de', sound: 'sea', panel: 'messages' });
});

test('nonsense is passed over', () => {
  const address = readAddress('?s=&embed=yes&hour=25&density=9&zoom=-1&lang=tlh&sound=loud&tour=&names=%00&feed=2&background=red&follow=%20&toString=1');
  assert.deepEqual(Object.values(address).filter((value) => value !== null), []);
  for (const hour of ['1e1', 'Infinity', '-1', ' 3', '0x1', 'constructor']) assert.equal(readAddress(`?hour=${hour}`).hour, null);
  assert.deepEqual(choicesOf(address), {});
});

test('an embed has no messages beside it unless its address wants them', () => {
  assert.deepEqual(choicesOf(readAddress('?embed=1')), { panel: 'none' });
  assert.deepEqual(choicesOf(readAddress('?embed=1&feed=1')), { panel: 'messages' });
});

test('an hour is one of the clock, or a time of day', () => {
  assert.deepEqual(['auto', 'day', '19.5', '24', '0'].map(hourOf), [null, 12, 19.5, 0, 0]);
});

test('what an address says holds for its page, and is not kept', () => {
  const box = { kept: '{"hour":"night","density":"lively"}', getItem() { return this.kept; }, setItem(_, value) { this.kept = value; } };
  const preferences = new Preferences(box, choicesOf(readAddress('?hour=day&density=calm&sound=on')));
  assert.deepEqual(['hour', 'density', 'sound'].map((name) => preferences.choices[name]), ['day', 'calm', 'on']);
  preferences.choose('motion', 'less');
  assert.deepEqual(['hour', 'density', 'sound'].map((name) => JSON.parse(box.kept)[name]), ['night', 'lively', 'off']);
});

test('what the viewer chooses on such a page holds there as well, and is kept', () => {
  const box = { kept: '{"hour":"night"}', getItem() { return this.kept; }, setItem(_, value) { this.kept = value; } };
  const told = [];
  const preferences = new Preferences(box, { hour: 'day' });
  preferences.changed = (name) => told.push(name);
  preferences.choose('hour', 'dusk');
  assert.equal(preferences.choices.hour, 'dusk');
  assert.equal(new Preferences(box).choices.hour, 'dusk');
  assert.deepEqual(told, ['hour']);
});
