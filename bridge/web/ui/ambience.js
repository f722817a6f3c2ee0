/**
 * What an island sounds like: the sea, a fire where people talk, rain, birds by day. All of it is made on the spot, softly.
 *
 * @typedef {{hour: number, hasFire: boolean, isRaining: boolean}} Surroundings
 */

const VOLUME = 0.5;
const NOISE_S = 5; // of noise, played round and round
const MOMENT_MS = 1_000;
const FADE_S = 1.5;
const SEA_HZ = 380; // above which the sea is silent
/** How waves come and go: how often a second, and how much. @type {[number, number][]} */
const WAVES = [[0.07, 0.035], [0.113, 0.025]];
const SEA_GAIN = 0.075;
const FIRE_GAIN = 0.012;
const CRACKLES = 5; // a second
const RAIN_HZ = 1_400; // below which rain is silent
const RAIN_GAIN = 0.02;
const DROPS = 12; // a second
const DAY = { from: 5.5, to: 20 };
const A_BIRD = 0.22; // each second

/** Whether birds sing. @param {number} hour */
export const isBirdsong = (hour) => hour >= DAY.from && hour < DAY.to;

export class Ambience {
  #audio;
  #look;
  #random;
  #noise;
  #whole;
  #fire;
  #rain;
  /** @type {AudioScheduledSourceNode[]} */
  #sources = [];
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /**
   * @param {AudioContext} audio
   * @param {() => Surroundings} look
   * @param {() => number} [random]
   */
  constructor(audio, look, random = Math.random) {
    this.#audio = audio;
    this.#look = look;
    this.#random = random;
    this.#noise = this.#makeNoise();
    this.#whole = this.#gain(0);
    this.#whole.connect(audio.destination);
    this.#whole.gain.setTargetAtTime(VOLUME, audio.currentTime, FADE_S);
    this.#beSea();
    this.#fire = this.#around(this.#filter('lowpass', 240));
    this.#rain = this.#around(this.#filter('highpass', RAIN_HZ));
    this.#timer = setInterval(() => this.tick(), MOMENT_MS);
  }

  /** Ends softly. */
  stop() {
    clearInterval(this.#timer);
    const { currentTime } = this.#audio;
    this.#whole.gain.setTargetAtTime(0, currentTime, FADE_S / 4);
    for (const source of this.#sources) source.stop(currentTime + FADE_S);
  }

  /** What can be heard or not, and isn't at first. @param {BiquadFilterNode} filter */
  #around(filter) {
    const loud = this.#gain(0);
    loud.connect(this.#whole);
    this.#loop(filter, loud);
    return loud;
  }

  /** A second of it. */
  tick() {
    const { hour, hasFire, isRaining } = this.#look();
    const now = this.#audio.currentTime;
    this.#fire.gain.setTargetAtTime(hasFire ? FIRE_GAIN : 0, now, FADE_S);
    if (hasFire) for (let i = 0; i < CRACKLES; i++) this.#burst(now + this.#random(), 1_200, 0.03);
    this.#rain.gain.setTargetAtTime(isRaining ? RAIN_GAIN : 0, now, FADE_S);
    if (isRaining) for (let i = 0; i < DROPS; i++) this.#burst(now + this.#random(), 4_000, 0.006);
    else if (isBirdsong(hour) && this.#random() < A_BIRD) this.#sing(now);
  }

  #beSea() {
    const sea = this.#gain(SEA_GAIN);
    sea.connect(this.#whole);
    this.#loop(this.#filter('lowpass', SEA_HZ), sea);
    for (const [often, much] of WAVES) {
      const wave = this.#audio.createOscillator();
      const swell = this.#gain(much);
      wave.frequency.value = often;
      wave.connect(swell);
      swell.connect(sea.gain);
      wave.start();
      this.#sources.push(wave);
    }
  }

  /** A piece of wood, or a drop. @param {number} at @param {number} pitch @param {number} least how loud */
  #burst(at, pitch, least) {
    const source = this.#audio.createBufferSource();
    source.buffer = this.#noise;
    const loud = this.#gain(0);
    const band = this.#filter('bandpass', pitch + this.#random() * 2_600);
    loud.gain.setValueAtTime(least * (1 + this.#random() * 2), at);
    loud.gain.exponentialRampToValueAtTime(0.0001, at + 0.03);
    source.connect(band);
    band.connect(loud);
    loud.connect(this.#whole);
    source.start(at, this.#random() * (NOISE_S - 1), 0.05);
  }

  /** A bird sings a few notes. @param {number} now */
  #sing(now) {
    const pitch = 2_300 + this.#random() * 1_500;
    const notes = 2 + Math.floor(this.#random() * 4);
    const distance = 0.01 + this.#random() * 0.02;
    for (let i = 0; i < notes; i++) {
      const at = now + 0.05 + i * (0.11 + this.#random() * 0.05);
      const tone = this.#audio.createOscillator();
      const loud = this.#gain(0);
      tone.frequency.setValueAtTime(pitch * (0.9 + this.#random() * 0.2), at);
      tone.frequency.exponentialRampToValueAtTime(pitch * (1.05 + this.#random() * 0.25), at + 0.07);
      loud.gain.setValueAtTime(0, at);
      loud.gain.linearRampToValueAtTime(distance, at + 0.015);
      loud.gain.exponentialRampToValueAtTime(0.0001, at + 0.09);
      tone.connect(loud);
      loud.connect(this.#whole);
      tone.start(at);
      tone.stop(at + 0.1);
    }
  }

  /** @param {BiquadFilterNode} through @param {AudioNode} to */
  #loop(through, to) {
    const source = this.#audio.createBufferSource();
    source.buffer = this.#noise;
    source.loop = true;
    source.connect(through);
    through.connect(to);
    source.start(0, this.#random() * NOISE_S);
    this.#sources.push(source);
  }

  /** @param {BiquadFilterType} type @param {number} frequency */
  #filter(type, frequency) {
    const filter = this.#audio.createBiquadFilter();
    filter.type = type;
    filter.frequency.value = frequency;
    return filter;
  }

  /** @param {number} value */
  #gain(value) {
    const gain = this.#audio.createGain();
    gain.gain.value = value;
    return gain;
  }

  /** Noise whose end goes over into its beginning. */
  #makeNoise() {
    const { sampleRate } = this.#audio;
    const length = NOISE_S * sampleRate;
    const buffer = this.#audio.createBuffer(1, length, sampleRate);
    const samples = buffer.getChannelData(0);
    let last = 0;
    for (let i = 0; i < length; i++) {
      last = last * 0.96 + (this.#random() * 2 - 1) * 0.28;
      samples[i] = last;
    }
    const seam = sampleRate / 10;
    for (let i = 0; i < seam; i++) {
      const part = i / seam;
      samples[length - seam + i] = samples[length - seam + i] * (1 - part) + samples[0] * part;
    }
    return buffer;
  }
}
