/** Whatever others write stays within what they wrote. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { label, text } from '../../bridge/web/guild/parse.js';

const [BEGIN, END, TURN] = ['\u2068', '\u2069', '\u202e'];

test('what ends nothing is left out, so that a name does not end what the page wrote around it', () => {
  assert.equal(label(`A${END}${TURN}da`), `A${TURN}da`);
  assert.equal(text(`${END}${END}a${BEGIN}b${END}${END}c`), `a${BEGIN}b${END}c`);
});

test('what is not ended ends with its line', () => {
  assert.equal(text(`${BEGIN}a\n${END}b`), `${BEGIN}a${END}\nb`);
  assert.equal(label(`${TURN}${BEGIN}x`), `${TURN}${BEGIN}x${END}`);
  assert.equal(label(BEGIN + 'x'.repeat(500)), `${BEGIN}${'x'.repeat(199)}${END}`);
});

test('all other words stay as they are', () => {
  for (const words of ['', 'a\n\n b', '👩‍👩‍👧 שלום', `a ${BEGIN}b${END} c`]) assert.equal(text(words), words);
});
