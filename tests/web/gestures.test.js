/** Messages without words: what is one, which gesture it is, and how a figure moves to it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { gestureOf } from '../../bridge/web/ui/gestures.js';
import { GESTURES, GESTURE_S, OWN_GESTURES, motionOf } from '../../bridge/web/world/gestures.js';

test('only emoji are a gesture', () => {
  for (const text of ['👋', ' 👋🏽 ', '❤️', '👩‍👩‍👧‍👦', '🇩🇪', '🏴󠁧󠁢󠁳󠁣󠁴󠁿', '1️⃣', '😂😂😂', '🎉 🎉', '\n👍', ':wave:', ':blob_dance: 👋']) {
    assert.ok(gestureOf(text), text);
  }
  for (const text of ['', '  ', 'hi 👋', '👋!', '1', '#', '12:30', ':)', '👋'.repeat(31), '::', 'a:b:c', '\u202e']) {
    assert.equal(gestureOf(text), null, text);
  }
});

test('the first emoji says which', () => {
  const asked = { '👋🏽': 'wave', '❤️': 'heart', '😂😭': 'laugh', '💃': 'dance', '🥳': 'party', '😭': 'cry', '💤': 'sleep', '👍🏿': 'nod', '👎': 'shake', '🥑': 'hop', ':blobWave:': 'wave', ':catto:': 'hop', '👩‍👩‍👧': 'hop' };
  for (const [text, kind] of Object.entries(asked)) assert.equal(gestureOf(text)?.kind, kind, text);
  assert.equal(gestureOf('👋🏽👋')?.emoji, '👋🏽');
  for (const kind of Object.values(asked)) assert.ok(GESTURES.includes(kind), kind);
});

test('a long message is looked through once', () => {
  for (const text of [':a'.repeat(2_000), `${'👍'.repeat(1_000)}!`, `${' '.repeat(4_000)}x`, ':ab:'.repeat(1_000)]) assert.equal(gestureOf(text), null);
});

test('a figure moves to each, and stays near where it stands', () => {
  for (let kind = 1; kind < GESTURES.length; kind++) {
    const seen = new Set();
    for (let age = 0; age < GESTURE_S; age += 1 / 30) {
      const motion = motionOf(kind, age);
      assert.ok(Math.abs(motion.x) <= 5 && motion.z >= 0 && motion.z <= 12, GESTURES[kind]);
      seen.add(JSON.stringify([Math.round(motion.x), Math.round(motion.z), motion.pose, motion.turn]));
    }
    assert.ok(seen.size > 1 || ['sleep', 'sit'].includes(GESTURES[kind]), GESTURES[kind]);
  }
});

test('what people may have their own figure do are gestures', () => {
  for (const kind of OWN_GESTURES) assert.ok(GESTURES.includes(kind), kind);
});
