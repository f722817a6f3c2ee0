/**
 * What the page's address says about how this page shows its guild. What makes no sense is passed over; what the
 * viewer has chosen in this browser stays as it is.
 *
 * @typedef {import('./preferences.js').Choices} Choices
 * @typedef {ReturnType<typeof readAddress>} Address
 */

import { OPTIONS } from './preferences.js';

const LONGEST_TEXT = 200;
/** @type {Record<string, boolean>} */
const SWITCHES = { 1: true, on: true, true: true, 0: false, off: false, false: false };

/** @param {string} text @returns {string | null} */
const anyText = (text) => text.trim().slice(0, LONGEST_TEXT) || null;

/** @param {string} text @returns {boolean | null} */
const onOrOff = (text) => SWITCHES[text] ?? null;

/** @param {readonly string[]} options @returns {(text: string) => string | null} */
const oneOf = (options) => (text) => (options.includes(text) ? text : null);

/** @param {string} text @param {number} low @param {number} high @returns {number | null} */
const within = (text, low, high) => (/^\d+(\.\d+)?$/.test(text) && Number(text) >= low && Number(text) <= high ? Number(text) : null);

/** Whatever an address may say, and how it is read: null where that is nonsense. */
export const SETTINGS = {
  s: anyText,
  embed: onOrOff,
  background: oneOf(['sea', 'transparent']),
  follow: anyText,
  hour: (/** @type {string} */ text) => oneOf(OPTIONS.hour)(text) ?? within(text, 0, 24)?.toString() ?? null,
  density: oneOf(OPTIONS.density),
  zoom: (/** @type {string} */ text) => within(text, 0.5, 8),
  lang: oneOf(OPTIONS.language),
  sound: oneOf(OPTIONS.sound),
  tour: onOrOff,
  names: onOrOff,
  feed: onOrOff,
  socketURL: anyText,
};

/** @param {string} search what an address has from its question mark on */
export function readAddress(search) {
  const given = new URLSearchParams(search);
  const read = Object.entries(SETTINGS).map(([name, reader]) => [name, reader(given.get(name) ?? '')]);
  return /** @type {{[Name in keyof typeof SETTINGS]: ReturnType<typeof SETTINGS[Name]>}} */ (Object.fromEntries(read));
}

/** What holds for this page instead of what the viewer has chosen. @param {Address} address @returns {Partial<Choices>} */
export function choicesOf({ hour, density, lang, sound, feed, embed }) {
  const hasFeed = feed ?? (embed ? false : null);
  const panel = hasFeed === null ? null : hasFeed ? 'messages' : 'none';
  const given = Object.entries({ hour, density, language: lang, sound, panel });
  return Object.fromEntries(given.filter(([, value]) => value !== null));
}
