/** Choices outlive the page; what isn't one is not believed. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Settings } from '../../bridge/web/ui/settings.js';

/** @param {string | null} kept */
const storage = (kept = null) => ({
  kept,
  getItem() { return this.kept; },
  setItem(_, value) { this.kept = value; },
});

test('a choice is kept, and told once', () => {
  const box = storage();
  const told = [];
  const settings = new Settings(box);
  settings.changed = (name) => told.push(name);
  settings.choose('hour', 'night');
  settings.choose('hour', 'night');
  assert.deepEqual(told, ['hour']);
  assert.equal(new Settings(box).choices.hour, 'night');
});

test('rubbish is nobody\'s choice', () => {
  for (const kept of ['no json', 'null', '7', '{"sound":"loud","hour":{}}']) {
    const { choices } = new Settings(storage(kept));
    assert.equal(choices.sound, 'off');
    assert.equal(choices.hour, 'auto');
  }
});

test('a browser that keeps nothing lets choose all the same', () => {
  const settings = new Settings({ getItem: () => { throw new Error(); }, setItem: () => { throw new Error(); } });
  settings.choose('sound', 'on');
  assert.equal(settings.choices.sound, 'on');
});
