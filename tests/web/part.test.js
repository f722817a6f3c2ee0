/** What comes later comes at last, however often it fails. */

import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

import { Part } from '../../bridge/web/ui/part.js';

/** Lets everything go on that waits for nothing. */
const settle = () => new Promise((resolve) => { setImmediate(resolve); });

/** A part that fails until it shall not, with what is asked for and told. */
function shaky() {
  const seen = { asked: [], failures: [], arrived: [], fails: true };
  const part = new Part(async (again) => {
    seen.asked.push(again);
    if (seen.fails) throw new TypeError('no such script');
    return 'content';
  }, (content) => seen.arrived.push(content), (failures) => seen.failures.push(failures));
  return { part, seen };
}

test('a part is fetched once, whoever wants it', async () => {
  const { part, seen } = shaky();
  seen.fails = false;
  part.start();
  part.start();
  part.hurry();
  await settle();
  part.hurry();
  await settle();
  assert.deepEqual(seen, { asked: [''], failures: [], arrived: ['content'], fails: false });
});

test('after a failure it is tried again, at another address, later and later', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { part, seen } = shaky();
  part.start();
  await settle();
  const waited = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];
  for (const ms of waited) {
    mock.timers.tick(ms - 1);
    part.start(); // nobody is in a hurry
    await settle();
    const before = seen.asked.length;
    mock.timers.tick(1);
    await settle();
    assert.equal(seen.asked.length, before + 1);
  }
  assert.deepEqual(seen.asked.slice(0, 3), ['', '?1', '?2']);
  assert.deepEqual(seen.failures, [1, 2, 3, 4, 5, 6, 7, 8]);
  seen.fails = false;
  mock.timers.tick(30_000);
  await settle();
  assert.deepEqual(seen.arrived, ['content']);
  mock.timers.reset();
});

test('who wants it now waits for no further try', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { part, seen } = shaky();
  part.start();
  await settle();
  part.hurry();
  await settle();
  assert.deepEqual(seen.asked, ['', '?1']);
  seen.fails = false;
  part.hurry();
  await settle();
  assert.deepEqual(seen.arrived, ['content']);
  mock.timers.reset();
});
