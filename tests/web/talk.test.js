/** What is in the air, for how long, and what makes room. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LONGEST, Talk, readingTime, shorten, trimmed } from '../../bridge/web/ui/talk.js';

let keys = 0;
const message = (channelId, uid = 'ada', text = 'Hello') => ({ key: keys++, channelId, uid, text });
const texts = ({ bubbles }) => bubbles.map(({ words }) => words.message.text);

test('words stay as long as a person needs to read them', () => {
  assert.equal(readingTime('Hi'), 3_000);
  assert.equal(readingTime('x'.repeat(100)), 6_000);
  assert.equal(readingTime('👍'.repeat(100)), 6_000); // people read signs, not code units
  assert.equal(readingTime('x'.repeat(10_000)), readingTime('x'.repeat(LONGEST)));
});

test('long words end in an ellipsis, and no sign is cut in two', () => {
  assert.equal(shorten('short'), 'short');
  const short = shorten('👍'.repeat(200));
  assert.equal([...short].length, LONGEST);
  assert.ok(short.endsWith('👍…'));
});

test('empty lines around words and between them are not shown', () => {
  assert.equal(shorten('\n \n\n  so\n\n \nmuch\n\n'), '  so\nmuch');
  assert.equal(trimmed('\n\n  a\n\nb \n'), '  a\n\nb');
  assert.equal(shorten('\n'.repeat(3_000) + 'at last'), 'at last');
  assert.equal(shorten('\n\n'), '');
});

test('lines of what only looks like nothing are empty as well', () => {
  const blanks = '\u200b\n\u2800 \n\u3164\n\u2060\r\n';
  assert.equal(shorten(`${blanks}so\n${blanks}much`), 'so\nmuch');
  assert.equal(trimmed(`${blanks}a\n\u200b\nb`), 'a\n\u200b\nb');
  assert.equal(trimmed('\u{1f469}\u200d\u{1f52c}\nat work'), '\u{1f469}\u200d\u{1f52c}\nat work');
  assert.equal(trimmed('\ufeff'.repeat(4_000) + 'at last').at(-1), 't'); // in no time
});

test('what has been read is gone', () => {
  const talk = new Talk();
  talk.say(message('a'), 0);
  assert.equal(talk.fade(3_000), false);
  assert.equal(talk.fade(3_200), true);
  assert.deepEqual(texts(talk.shown(9)), []);
});

test('a place shows its last three and counts the others', () => {
  const talk = new Talk();
  for (const text of ['1', '2', '3', '4', '5']) talk.say(message('a', 'ada', text), 0);
  talk.say(message('b', 'bo', 'elsewhere'), 0);
  const shown = talk.shown(9);
  assert.deepEqual(texts(shown), ['elsewhere', '5', '4', '3']);
  assert.deepEqual(shown.bubbles.map(({ age, more }) => [age, more]), [[0, 0], [0, 0], [1, 0], [2, 2]]);
});

test('who finds no room has dots, unless they are heard already', () => {
  const talk = new Talk();
  talk.say(message('a', 'ada'), 0);
  talk.say(message('b', 'bo'), 0);
  talk.say(message('c', 'cy'), 0);
  talk.say(message('d', 'bo'), 0);
  const { bubbles, dots } = talk.shown(2);
  assert.deepEqual(bubbles.map(({ words }) => words.message.uid), ['bo', 'cy']);
  assert.deepEqual([...dots], ['ada']);
});

test('an edit changes the words and gives time to read them', () => {
  const talk = new Talk();
  const said = message('a', 'ada', 'Helo');
  talk.say(said, 0);
  talk.correct({ ...said, text: 'Hello' }, 3_000);
  talk.fade(5_900);
  assert.deepEqual(texts(talk.shown(9)), ['Hello']);
});

test('what is taken back is gone at once', () => {
  const talk = new Talk();
  talk.say(message('a', 'ada', 'secret'), 0);
  talk.say(message('a', 'bo', 'public'), 0);
  talk.drop(({ uid }) => uid === 'ada');
  assert.deepEqual(texts(talk.shown(9)), ['public']);
});

test('a flood is not remembered', () => {
  const talk = new Talk();
  for (let i = 0; i < 10_000; i++) talk.say(message(`place ${i}`), 0);
  assert.equal(talk.shown(Infinity).bubbles.length, 60);
});
