/** Messages of nothing but emoji are gestures: whoever sends one does something, and says nothing. */

const ONE_EMOJI = '(?:\\p{Regional_Indicator}{2}|[\\d#*]\\ufe0f?\\u20e3|\\p{Extended_Pictographic}(?:\\ufe0f|\\p{Emoji_Modifier}|[\\u{e0020}-\\u{e007f}]|\\u200d\\p{Extended_Pictographic})*|:\\w{2,32}:)';
const ONLY_EMOJI = new RegExp(`^\\s*(?:${ONE_EMOJI}\\s*){1,30}$`, 'u');
const FIRST_EMOJI = new RegExp(ONE_EMOJI, 'u');

/** Which emoji, by themselves or in the name of a guild's own, ask for which gesture. @type {[string, RegExp][]} */
const MEANINGS = [
  ['wave', /^(?:👋|🤚|✋|🖐|🖖|🫡|:\w*(?:wave|hello|hi|hola|hallo|bye)\w*:)/iu],
  ['heart', /^(?:❤|🧡|💛|💚|💙|💜|🖤|🤍|🤎|💕|💖|💗|💓|💞|💘|💝|🩷|🩵|🩶|😍|🥰|😘|🤗|🫶|:\w*(?:love|heart|hug|kiss)\w*:)/iu],
  ['laugh', /^(?:😂|🤣|😆|😹|😄|😁|😀|😃|😅|:\w*(?:lol|lmao|kek|laugh|joy|haha|jaja)\w*:)/iu],
  ['dance', /^(?:💃|🕺|👯|🎶|🎵|🪩|:\w*(?:dance|vibe|jam|groove)\w*:)/iu],
  ['party', /^(?:🎉|🎊|🥳|🎂|🎈|🎆|🎇|🍾|🥂|🏆|🪅|:\w*(?:party|hype|celebrat|yay|pog)\w*:)/iu],
  ['cry', /^(?:😢|😭|😿|🥺|😞|😔|☹|🙁|💔|😥|:\w*(?:cry|sad|sob|tear)\w*:)/iu],
  ['sleep', /^(?:😴|💤|😪|🥱|🛌|🛏|:\w*(?:sleep|tired|bed|zzz)\w*:)/iu],
  ['nod', /^(?:👍|👌|✅|✔|🆗|🙏|🤝|💯|☑|:\w*(?:thumbsup|yes|nod|agree|okay)\w*:)/iu],
  ['shake', /^(?:👎|❌|🚫|🙅|✖|⛔|😡|🤬|😠|:\w*(?:thumbsdown|nope|angry|rage)\w*:)/iu],
];

/**
 * What somebody does who sends this; null for words.
 *
 * @param {string} text
 * @returns {{kind: string, emoji: string} | null} the first emoji, and the gesture that it asks for
 */
export function gestureOf(text) {
  if (!ONLY_EMOJI.test(text)) return null;
  const emoji = text.match(FIRST_EMOJI)?.[0] ?? '';
  return { emoji, kind: MEANINGS.find(([, sign]) => sign.test(emoji))?.[0] ?? 'hop' };
}
