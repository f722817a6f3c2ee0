/** Names on drawn signs, in letters of three by five pixels; where a script has others, nothing is written. */

const GLYPHS = /** @type {Record<string, string>} */ ({});
// Each row of a letter is a number of three bits.
const FONT = 'a25755b65656c34443d65556e74647f74644g34553h55755i72227j11152k55655l44447m57755n65555o25552p65644q25563r65655s34216t72222u55557'
  + 'v55552w55775x55255y55222z71247075557126227271747371317455711574717674757771122875757975717';
for (let i = 0; i < FONT.length; i += 6) GLYPHS[FONT[i]] = FONT.slice(i + 1, i + 6);

const LONGEST_LINE = 12; // letters of a line
/** Pixels from one letter to the next, and from one line to the next. */
export const ADVANCE = 4;
export const LEADING = 6;

/**
 * A name in one line or two, as far as it can be written at all.
 *
 * @param {string} name
 * @returns {string[]} none: it can't be
 */
export function lettered(name) {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/ß/g, 'ss');
  if (/[^a-z0-9\P{L}]/u.test(plain)) return [];
  /** @type {string[]} */
  const lines = [];
  for (const word of plain.split(/[^a-z0-9]+/).filter((part) => part)) {
    const last = lines[lines.length - 1];
    if (last && last.length + word.length < LONGEST_LINE) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.slice(0, 2).map((line) => line.slice(0, LONGEST_LINE + 1));
}

/** How large the board of a sign is, in pixels of art. @param {string[]} lines */
export const boardFor = (lines) => (lines.length ? {
  width: Math.max(14, 5 + ADVANCE * lines.reduce((most, { length }) => Math.max(most, length), 0)),
  height: lines.length > 1 ? 15 : 9,
} : null);

/** @param {import('./sheet.js').Sheet} sheet @param {number} x @param {number} y @param {string} line @param {number} ink */
export function write(sheet, x, y, line, ink) {
  [...line].forEach((letter, i) => [...GLYPHS[letter] ?? ''].forEach((row, down) => {
    for (let bit = 0; bit < 3; bit++) if ((Number(row) >> (2 - bit)) & 1) sheet.set(x + i * ADVANCE + bit, y + down, ink);
  }));
}
