/**
 * How the world sounds: a soft pop for each message, made on the spot, at each speaker's own pitch; and what is around.
 */

import { Ambience } from './ambience.js';

const GAP_S = 0.09; // between two pops, however many speak
const PITCHES = [523, 587, 659, 784, 880]; // hertz; a pentatonic scale never clashes

export class Sound {
  #look;
  /** @type {import('./preferences.js').Choices['sound']} */
  #wanted = 'off';
  /** @type {AudioContext | null} */
  #audio = null;
  /** @type {Ambience | null} */
  #ambience = null;
  #nextAt = 0;
  /** Nobody touches the page in OBS, which lets it sound all the same. */
  #isTouched;

  /**
   * @param {import('../world/world.js').World} world
   * @param {import('../guild/replica.js').Replica} replica
   * @param {boolean} isTouched whether the viewer has touched the page already
   */
  constructor(world, replica, isTouched) {
    this.#look = () => ({ hour: world.hour ?? new Date().getHours(), hasFire: [...replica.people.all()].some(({ voice }) => voice), isRaining: world.weather === 'rain' && !world.reducedMotion });
    this.#isTouched = isTouched || 'obsstudio' in window;
    document.addEventListener('visibilitychange', () => this.#surround());
    for (const touch of ['pointerdown', 'keydown']) addEventListener(touch, () => this.wake());
  }

  /** @param {import('./preferences.js').Choices['sound']} wanted */
  want(wanted) {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    if (this.#isTouched) this.wake();
    this.#surround();
  }

  /** Browsers let nothing sound before the viewer has touched the page. */
  async wake() {
    this.#isTouched = true;
    if (this.#wanted === 'off') return;
    this.#audio ??= new AudioContext();
    if (this.#audio.state === 'suspended') await this.#audio.resume();
    this.#surround();
  }

  /** The sea is heard as long as somebody wants it, and looks. */
  #surround() {
    const isHeard = this.#wanted === 'sea' && !document.hidden;
    if (isHeard && this.#audio?.state === 'running') {
      this.#ambience ??= new Ambience(this.#audio, this.#look);
    } else if (!isHeard) {
      this.#ambience?.stop();
      this.#ambience = null;
    }
  }

  /** @param {string} speaker */
  pop(speaker) {
    const audio = this.#audio;
    if (this.#wanted === 'off' || audio?.state !== 'running' || audio.currentTime < this.#nextAt) return;
    const now = audio.currentTime;
    this.#nextAt = now + GAP_S;
    const pitch = PITCHES[Number(speaker.slice(-4)) % PITCHES.length] ?? PITCHES[0];
    const tone = new OscillatorNode(audio, { type: 'sine', frequency: pitch });
    const volume = new GainNode(audio, { gain: 0 });
    tone.frequency.setValueAtTime(pitch * 0.7, now);
    tone.frequency.exponentialRampToValueAtTime(pitch, now + 0.05);
    volume.gain.linearRampToValueAtTime(0.09, now + 0.008);
    volume.gain.exponentialRampToValueAtTime(0.0001, now + 0.18);
    tone.connect(volume).connect(audio.destination);
    tone.start(now);
    tone.stop(now + 0.2);
  }
}
