/** How soon a page knows that its line is dead. */

import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';

import { Pulse } from '../../bridge/web/guild/pulse.js';

/** What happened, and after how many milliseconds. @type {[string, number][]} */
let seen;
/** @type {Pulse} */
let pulse;

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });
  seen = [];
  pulse = new Pulse(() => seen.push(['asked', Date.now()]), () => {
    pulse.stop();
    seen.push(['dead', Date.now()]);
  });
  pulse.start();
});

afterEach(() => mock.timers.reset());

/** Lets time pass, as it does. @param {number} ms */
const wait = (ms) => { for (let passed = 0; passed < ms; passed += 100) mock.timers.tick(100); };

/** Lets time pass without a clock that strikes. @param {number} ms */
const sleep = (ms) => mock.timers.setTime(Date.now() + ms);

test('who hears nothing asks, and knows within half a minute', () => {
  wait(60_000);
  assert.deepEqual(seen, [['asked', 15_000], ['dead', 25_000]]);
});

test('whatever comes is an answer', () => {
  wait(20_000);
  pulse.heard();
  wait(14_000);
  assert.deepEqual(seen, [['asked', 15_000]]);
});

test('who hears something all the time asks nothing', () => {
  for (let i = 0; i < 100; i++) {
    wait(1_000);
    pulse.heard();
  }
  assert.deepEqual(seen, []);
});

test('where there is reason to doubt it takes two seconds', () => {
  pulse.doubt();
  wait(60_000);
  assert.deepEqual(seen, [['asked', 0], ['dead', 2_000]]);
});

test('doubts that come one upon the other put nothing off', () => {
  for (let i = 0; i < 10; i++) {
    pulse.doubt();
    wait(300);
  }
  assert.deepEqual(seen, [['asked', 0], ['dead', 2_000]]);
});

test('a doubt while it is asked already makes it sooner', () => {
  wait(16_000);
  pulse.doubt();
  wait(10_000);
  assert.deepEqual(seen, [['asked', 15_000], ['asked', 16_000], ['dead', 18_000]]);
});

test('who wakes knows within three seconds', () => {
  wait(1_000);
  sleep(9_000); // the clocks of the page stand still meanwhile
  const woken = Date.now();
  wait(10_000);
  assert.equal(seen.at(-1)?.[0], 'dead');
  assert.ok(seen[seen.length - 1][1] - woken <= 3_000);
});

test('a page that was busy reads before it judges', () => {
  pulse.doubt();
  sleep(20_000);
  wait(100);
  pulse.heard(); // it was there in time
  wait(5_000);
  assert.ok(seen.every(([what]) => what === 'asked'));
});

test('what is asked for puts off a question, but not for long', () => {
  for (let i = 0; i < 40; i++) {
    wait(1_000);
    pulse.asked();
  }
  assert.deepEqual(seen, [['asked', 18_000], ['dead', 28_000]]);
});

test('what is asked for after a doubt puts nothing off', () => {
  pulse.doubt();
  wait(1_000);
  pulse.asked();
  wait(5_000);
  assert.deepEqual(seen, [['asked', 0], ['dead', 2_000]]);
});

test('where there is no line nothing is asked', () => {
  pulse.stop();
  pulse.heard();
  pulse.doubt();
  wait(60_000);
  assert.deepEqual(seen, []);
});
