/** Which of the page's modules may import which: from top to bottom, and never in a circle. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const PAGE = join(dirname(fileURLToPath(import.meta.url)), '../../bridge/web');

/** What the modules of a wing may import, besides each other. A wing is a folder, or a module beside them. */
const BELOW = {
  world: [],
  guild: ['world/slices.js'],
  i18n: [],
  'words.js': ['i18n'],
  ui: ['world', 'guild', 'words.js'],
  'main.js': ['world', 'guild', 'words.js', 'ui'],
};

/** What a module imports, at once or later; types in comments may name whatever they like. @param {string} source */
const imported = (source) => [
  ...ts.preProcessFile(source, true, true).importedFiles.map(({ fileName }) => fileName),
  ...[...source.matchAll(/\bimport\(`(\.[^`$]+)\$\{again\}`\)/g)].map(([, fileName]) => fileName),
];

const modules = new Map(
  readdirSync(PAGE, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => name.replaceAll('\\', '/'))
    .map((name) => [name, imported(readFileSync(join(PAGE, name), 'utf8')).map((to) => posix.join(posix.dirname(name), to))]),
);

/** @param {string} name @param {readonly string[]} places */
const isIn = (name, places) => places.some((place) => name === place || name.startsWith(`${place}/`));

/** The way back to where one came from, if there is one. @param {string} name @param {string[]} way @param {Set<string>} done @returns {string[] | undefined} */
function circle(name, way, done) {
  if (way.includes(name)) return [...way.slice(way.indexOf(name)), name];
  if (done.has(name)) return undefined;
  for (const to of modules.get(name) ?? []) {
    const found = circle(to, [...way, name], done);
    if (found) return found;
  }
  done.add(name);
  return undefined;
}

test('every import is found: now, later, in several lines, and none in a comment or a text', () => {
  const source = "/** @typedef {import('./type.js').T} T */\nimport {\n  a,\n} from './a.js';\nconst b = () => import('./b.js'); // import './c.js'\nconst d = \"import './d.js'\";\nconst e = (again) => import(`./e.js${again}`);\n";
  assert.deepEqual(imported(source), ['./a.js', './b.js', './e.js']);
  assert.ok([...modules.values()].flat().length > 150);
});

test('what is imported is there', () => {
  assert.deepEqual([...modules.values()].flat().filter((to) => !modules.has(to)), []);
});

test('a wing imports nothing from above', () => {
  const wings = Object.entries(BELOW);
  for (const [name, others] of modules) {
    const [wing, below] = wings.find(([one]) => isIn(name, [one])) ?? assert.fail(`${name} belongs to no wing`);
    assert.deepEqual(others.filter((to) => !isIn(to, [wing, ...below])), [], `of ${name}`);
  }
});

test('no modules import each other', () => {
  const done = new Set();
  for (const name of modules.keys()) assert.equal(circle(name, [], done)?.join(' -> '), undefined);
});
