/**
 * What a viewer has chosen, kept in their browser.
 *
 * @typedef {{
 *   language: 'auto' | 'en' | 'de' | 'es', motion: 'auto' | 'full' | 'less', density: 'calm' | 'normal' | 'lively',
 *   hour: string, season: 'auto' | 'north' | 'south' | import('../world/seasons.js').Season, sound: 'off' | 'on' | 'sea',
 *   panel: 'messages' | 'members' | 'none' | 'auto',
 * }} Choices `hour` is a time of day; an address may also have an hour of the clock
 */

const KEY = 'd-zone';

/** What may be chosen; the first is what holds until then. */
export const OPTIONS = {
  language: ['auto', 'en', 'de', 'es'],
  motion: ['auto', 'full', 'less'],
  density: ['normal', 'calm', 'lively'],
  hour: ['auto', 'day', 'dusk', 'night'],
  season: ['auto', 'north', 'south', 'spring', 'summer', 'autumn', 'winter'],
  sound: ['off', 'on', 'sea'],
  panel: ['auto', 'messages', 'members', 'none'],
};

/** @type {Record<string, number | null>} */
const HOURS = { auto: null, day: 12, dusk: 19, night: 23.5 };

/** Which hour a time of day stands for; null is the viewer's own clock. @param {string} chosen */
export const hourOf = (chosen) => (chosen in HOURS ? HOURS[chosen] : Number(chosen) % 24);

/** @param {Pick<Storage, 'getItem'>} storage @returns {Record<string, unknown>} */
function stored(storage) {
  try {
    const value = JSON.parse(storage.getItem(KEY) ?? '{}');
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {}; // nothing we wrote, or a browser that keeps nothing
  }
}

export class Preferences {
  #storage;
  /** Called when something else was chosen. @type {(name: keyof Choices) => void} */
  changed = () => {};
  /** @type {Choices} */
  #choices;
  /** What holds for this page alone, until the viewer chooses something else. @type {Partial<Choices>} */
  #given;

  /**
   * @param {Pick<Storage, 'getItem' | 'setItem'>} storage
   * @param {Partial<Choices>} [given] what this page's address says instead
   */
  constructor(storage, given = {}) {
    this.#storage = storage;
    this.#given = given;
    const kept = stored(storage);
    const choices = Object.entries(OPTIONS).map(([name, options]) => [
      name, options.find((option) => option === kept[name]) ?? options[0],
    ]);
    this.#choices = Object.fromEntries(choices);
  }

  /** @returns {Readonly<Choices>} */
  get choices() {
    return { ...this.#choices, ...this.#given };
  }

  /**
   * @template {keyof Choices} Name
   * @param {Name} name
   * @param {Choices[Name]} value
   */
  choose(name, value) {
    const before = this.choices[name];
    const { [name]: _, ...given } = this.#given;
    this.#given = /** @type {Partial<Choices>} */ (given);
    if (before === value && this.#choices[name] === value) return;
    this.#choices = { ...this.#choices, [name]: value };
    try {
      this.#storage.setItem(KEY, JSON.stringify(this.#choices));
    } catch {
      // Full or forbidden: the choice holds as long as the page.
    }
    if (before !== value) this.changed(name);
  }
}
