/** Choices outlive the page; what isn't one is not believed. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Preferences } from '../../bridge/web/ui/preferences.js';

/** @param {string | null} kept */
const storage = (kept = null) => ({
  kept,
  getItem() { return this.kept; },
  setItem(_, value) { this.kept = value; },
});

test('a choice is kept, and told once', () => {
  const box = storage();
  const told = [];
  const preferences = new Preferences(box);
  preferences.changed = (name) => told.push(name);
  preferences.choose('hour', 'night');
  preferences.choose('hour', 'night');
  assert.deepEqual(told, ['hour']);
  assert.equal(new Preferences(box).choices.hour, 'night');
});

test('rubbish is nobody\'s choice', () => {
  for (const kept of ['no json', 'null', '7', '{"sound":"loud","hour":{}}']) {
    const { choices } = new Preferences(storage(kept));
    assert.equal(choices.sound, 'off');
    assert.equal(choices.hour, 'auto');
  }
});

test('a browser that keeps nothing lets choose all the same', () => {
  const preferences = new Preferences({ getItem: () => { throw new Error(); }, setItem: () => { throw new Error(); } });
  preferences.choose('sound', 'on');
  assert.equal(preferences.choices.sound, 'on');
});
