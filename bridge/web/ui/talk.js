/**
 * What is being said aloud just now: whose words stand in the air, for how long, and which make room for others.
 * Knows no DOM and no clock: times are handed in, in milliseconds.
 *
 * @typedef {import('../guild/replica.js').Message} Message
 * @typedef {{message: Message, born: number, until: number}} Words
 * @typedef {{words: Words, age: number, more: number}} Bubble `age`: how many newer ones its place has;
 *   `more`: how many older ones there are that it stands for
 * @typedef {{bubbles: Bubble[], dots: Set<string>}} Shown newest first; who has words that found no room
 */

const READING_MS = 60; // a character
const LEAST_MS = 3_000;
const MOST_MS = 15_000;
const TYPED_MS = 22; // a character, as letters appear
const TYPED_MOST_MS = 1_400;
const A_PLACE = 3; // bubbles
const REMEMBERED = 60; // words in the air at once, however loud it gets

export const LONGEST = 180; // characters of a bubble; the feed has the rest

// Lines without ink: of spaces, or of what only looks like nothing.
const EMPTY_LINES = /^(?:(?:(?!\n)[\s\p{Cf}\u115f\u1160\u2800\u3164\uffa0])*\n)+|\s+$/gu;
const GAPS = /\n[\s\p{Cf}\u115f\u1160\u2800\u3164\uffa0]*\n/gu;

/** Words without the empty lines around them. @param {string} text */
export const trimmed = (text) => text.replace(EMPTY_LINES, '');

/** Words as a bubble shows them: without empty lines, and not too many. @param {string} text */
export function shorten(text) {
  const letters = [...trimmed(text).replace(GAPS, '\n')];
  return letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join('').trimEnd()}…` : letters.join('');
}

/** How long letters take to appear. @param {string} text */
export function typingTime(text) {
  return Math.min(TYPED_MOST_MS, shorten(text).length * TYPED_MS);
}

/** How long a person needs to read this. @param {string} text */
export function readingTime(text) {
  return Math.min(MOST_MS, Math.max(LEAST_MS, [...shorten(text)].length * READING_MS));
}

export class Talk {
  // Oldest first.
  /** @type {Words[]} */
  #air = [];

  /** @param {Message} message @param {number} now */
  say(message, now) {
    const until = now + typingTime(message.text) + readingTime(message.text);
    this.#air = [...this.#air, { message, born: now, until }].slice(-REMEMBERED);
  }

  /** The same message, in other words. @param {Message} message @param {number} now */
  correct(message, now) {
    this.#air = this.#air.map((words) => (words.message.key === message.key
      ? { ...words, message, until: now + readingTime(message.text) }
      : words));
  }

  /** @param {(message: Message) => boolean} isGone */
  drop(isGone) {
    this.#air = this.#air.filter(({ message }) => !isGone(message));
  }

  /** Ends what has been read. @param {number} now @returns {boolean} whether anything ended */
  fade(now) {
    const before = this.#air.length;
    if (this.#air.some(({ until }) => until <= now)) this.#air = this.#air.filter(({ until }) => until > now);
    return this.#air.length < before;
  }

  /** @param {number} limit how many bubbles there is room for @returns {Shown} */
  shown(limit) {
    /** @type {Map<string, Bubble[]>} */
    const places = new Map();
    /** @type {Bubble[]} */
    const bubbles = [];
    const dots = new Set();
    for (const words of this.#air.toReversed()) {
      const { channelId, uid } = words.message;
      const place = places.get(channelId) ?? [];
      places.set(channelId, place);
      if (place.length < A_PLACE && bubbles.length < limit) {
        const bubble = { words, age: place.length, more: 0 };
        place.push(bubble);
        bubbles.push(bubble);
        continue;
      }
      const last = place.at(-1);
      if (last) last.more += 1;
      else dots.add(uid);
    }
    for (const { words } of bubbles) dots.delete(words.message.uid);
    return { bubbles, dots };
  }
}
