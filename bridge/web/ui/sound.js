/** A soft pop, made on the spot; each speaker has their own pitch. */

const GAP_S = 0.09; // between two pops, however many speak
const PITCHES = [523, 587, 659, 784, 880]; // hertz; a pentatonic scale never clashes

export class Sound {
  on = false;
  /** @type {AudioContext | null} */
  #audio = null;
  #nextAt = 0;

  /** Browsers let nothing sound before the viewer has touched the page. */
  wake() {
    if (!this.on) return;
    this.#audio ??= new AudioContext();
    if (this.#audio.state === 'suspended') this.#audio.resume();
  }

  /** @param {string} speaker */
  pop(speaker) {
    const audio = this.#audio;
    if (!this.on || audio?.state !== 'running' || audio.currentTime < this.#nextAt) return;
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
