/** What is heard of an island: the sea always, a fire where people sit, rain, birds by day; and nothing for good. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Ambience, isBirdsong } from '../../bridge/web/ui/ambience.js';

/** An audio context that notes what was started, and what of it will stop. */
function fakeAudio() {
  const param = () => ({ value: 0, setTargetAtTime() {}, setValueAtTime() {}, linearRampToValueAtTime() {}, exponentialRampToValueAtTime() {} });
  const started = [];
  const node = (kind) => ({
    kind, gain: param(), frequency: param(), loop: false, ends: false, connect() {},
    start(_at, _from, length) { started.push(this); this.ends = length !== undefined; },
    stop() { this.ends = true; },
  });
  return {
    started, currentTime: 0, sampleRate: 100, destination: node('destination'),
    createGain: () => node('gain'),
    createBiquadFilter: () => node('filter'),
    createOscillator: () => node('tone'),
    createBufferSource: () => node('noise'),
    createBuffer: (_channels, length) => ({ getChannelData: () => new Float32Array(length) }),
  };
}

/** What sounds within some seconds, beside the sea. @param {{hour: number, hasFire?: boolean, isRaining?: boolean}} what */
function heard(what) {
  const around = { hasFire: false, isRaining: false, ...what };
  const audio = fakeAudio();
  let drawn = 0;
  const ambience = new Ambience(/** @type {any} */ (audio), () => around, () => ((drawn += 0.37) % 1));
  const sea = audio.started.length;
  for (let i = 0; i < 20; i++) ambience.tick();
  ambience.stop();
  assert.ok(audio.started.every(({ ends }) => ends), 'something goes on for ever');
  const rest = audio.started.slice(sea);
  return { sea, crackles: rest.filter(({ kind }) => kind === 'noise').length, notes: rest.filter(({ kind }) => kind === 'tone').length };
}

test('the sea is always heard, all else in its time', () => {
  const [noon, night, fire] = [heard({ hour: 12 }), heard({ hour: 23 }), heard({ hour: 23, hasFire: true })];
  assert.ok(noon.sea > 0 && noon.notes > 0 && noon.crackles === 0);
  assert.deepEqual([night.notes, night.crackles], [0, 0]);
  assert.ok(fire.crackles > 0 && fire.notes === 0);
});

test('drops fall in the rain, and birds are silent', () => {
  const { notes, crackles } = heard({ hour: 12, isRaining: true });
  assert.ok(crackles > 0 && notes === 0);
});

test('birds sing by day', () => {
  assert.deepEqual([0, 5, 6, 12, 19.9, 20, 23].map(isBirdsong), [false, false, true, true, true, false, false]);
});
