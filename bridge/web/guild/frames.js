/**
 * The text of a frame, made into what it says. A large one would hold the page for as long as it takes to parse it,
 * so it is taken apart first, and only its small parts are parsed at once.
 *
 * @typedef {{text: string, at: number}} Source `at`: how far it is read
 */

const SMALL = 200_000; // characters, which take a few milliseconds
const DEEPEST = 8; // that far in there may be anything large

/** @param {string} text @returns {Generator<void, any>} throws a `SyntaxError` for what is no JSON */
export function* parsed(text) {
  if (text.length <= SMALL) return JSON.parse(text);
  const source = { text, at: 0 };
  const found = yield* valueAt(source, 0);
  if (comesNext(source) < text.length) throw new SyntaxError(); // something after the end
  return found;
}

/** @param {Source} source @param {number} depth @returns {Generator<void, any>} */
function* valueAt(source, depth) {
  const { text } = source;
  const from = comesNext(source);
  const end = endOf(text, from);
  if (end) {
    source.at = end;
    return JSON.parse(text.slice(from, end));
  }
  const isList = text[from] === '[';
  if (depth > DEEPEST || !(isList || text[from] === '{')) throw new SyntaxError();
  const found = isList ? [] : Object.create(null);
  do {
    source.at += 1; // the bracket or the comma
    yield;
    const key = isList ? found.length : yield* valueAt(source, depth + 1);
    if (!isList) {
      if (typeof key !== 'string' || text[comesNext(source)] !== ':') throw new SyntaxError();
      source.at += 1;
    }
    found[key] = yield* valueAt(source, depth + 1);
  } while (text[comesNext(source)] === ',');
  if (text[source.at++] !== (isList ? ']' : '}')) throw new SyntaxError();
  return found;
}

/** Where something comes next that is no space, of the four that JSON knows. @param {Source} source */
function comesNext(source) {
  while (/[ \t\n\r]/.test(source.text[source.at] ?? '')) source.at += 1;
  return source.at;
}

/** Where a value ends that begins there; 0 if it is a large one. @param {string} text @param {number} from */
function endOf(text, from) {
  let depth = 0;
  for (let at = from; at < from + SMALL && at < text.length; at++) {
    const letter = text[at];
    if (letter === '"') {
      do at = text.indexOf('"', at + 1); while (isEscaped(text, at));
      if (at < 0) break;
    } else if (letter === '{' || letter === '[') {
      depth += 1;
    } else if (letter === '}' || letter === ']') {
      if (!depth) return at;
      depth -= 1;
    } else if (letter !== ',' || depth) {
      continue;
    }
    if (!depth) return letter === ',' ? at : at + 1;
  }
  return 0;
}

/** Whether an odd number of backslashes stands before a letter. @param {string} text @param {number} at */
function isEscaped(text, at) {
  let first = at;
  while (text[first - 1] === '\\') first -= 1;
  return (at - first) % 2 > 0;
}
