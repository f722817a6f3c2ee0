/** A guild of `?n=` members, all of it in view, where somebody writes all the time. Run by `bench.py`. */

import { World } from '../../bridge/web/world.js';
import { channels, members, voice } from './guild.js';

const count = Number(new URLSearchParams(location.search).get('n'));
const places = channels(Math.min(60, 6 + Math.round(Math.sqrt(count))));
const people = members(count).map((one, i) => (i % 11 || one.status === 'offline' ? one : { ...one, voice: voice('c3') }));

let frames = 0;
const start = performance.now();
const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector('canvas'));
const world = new World(canvas, { reducedMotion: false, background: 'sea', onFrame: () => { frames += 1; } });
const founded = performance.now();
world.hour = 22; // lamps are the dearest
world.show({ id: '1', channels: places, members: people, counts: { members: count } });

requestAnimationFrame(() => requestAnimationFrame(() => {
  const joined = performance.now();
  let turn = 0;
  setInterval(() => {
    for (let i = 0; i < 1 + count / 500; i++, turn++) world.say(people[(turn * 7919) % count].uid, places[(turn * 31) % places.length].id);
  }, 250);
  Object.assign(window, {
    bench: () => ({ joined: joined - start, first: founded - start, frames, at: performance.now(), ...world.stats }),
  });
}));
