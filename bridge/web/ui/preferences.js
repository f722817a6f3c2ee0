/**
 * What a viewer has chosen, kept in their browser.
 *
 * @typedef {{
 *   language: 'auto' | 'en' | 'de' | 'es', motion: 'auto' | 'full' | 'less', density: 'calm' | 'normal' | 'lively',
 *   hour: 'auto' | 'day' | 'dusk' | 'night', season: 'auto' | 'north' | 'south' | import('../world/seasons.js').Season, sound: 'off' | 'on', panel: 'messages' | 'members' | 'none' | 'auto',
 * }} Choices
 */

const KEY = 'd-zone';

/** What may be chosen; the first is what holds until then. */
export const OPTIONS = {
  language: ['auto', 'en', 'de', 'es'],
  motion: ['auto', 'full', 'less'],
  density: ['normal', 'calm', 'lively'],
  hour: ['auto', 'day', 'dusk', 'night'],
  season: ['auto', 'north', 'south', 'spring', 'summer', 'autumn', 'winter'],
  sound: ['off', 'on'],
  panel: ['auto', 'messages', 'members', 'none'],
};

/** The hour that each time of day stands for; null is the viewer's own clock. */
export const HOURS = { auto: null, day: 12, dusk: 19, night: 23.5 };

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

  /** @param {Pick<Storage, 'getItem' | 'setItem'>} storage */
  constructor(storage) {
    this.#storage = storage;
    const kept = stored(storage);
    const choices = Object.entries(OPTIONS).map(([name, options]) => [
      name, options.find((option) => option === kept[name]) ?? options[0],
    ]);
    this.#choices = Object.fromEntries(choices);
  }

  /** @returns {Readonly<Choices>} */
  get choices() {
    return this.#choices;
  }

  /**
   * @template {keyof Choices} Name
   * @param {Name} name
   * @param {Choices[Name]} value
   */
  choose(name, value) {
    if (this.#choices[name] === value) return;
    this.#choices = { ...this.#choices, [name]: value };
    try {
      this.#storage.setItem(KEY, JSON.stringify(this.#choices));
    } catch {
      // Full or forbidden: the choice holds as long as the page.
    }
    this.changed(name);
  }
}
