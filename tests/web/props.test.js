import assert from 'node:assert/strict';
import { test } from 'node:test';

import { paintPlace } from '../../bridge/web/world/furniture.js';
import { boardFor, lettered, write } from '../../bridge/web/world/lettering.js';
import { propFor } from '../../bridge/web/world/props.js';
import { Sheet } from '../../bridge/web/world/sheet.js';

const thing = (/** @type {string} */ name, kind = 'text', id = '7') => propFor({ id, name, kind });

/** @type {[string, string[]][]} */
const NAMED = [
  ['tablet', ['rules', '📜┃spielregeln', 'reglas-del-servidor']],
  ['piano', ['music', 'Musik-Ecke', 'música', '𝗺𝘂𝘀𝗶𝗰']],
  ['booth', ['help-desk', 'hilfe', 'ayuda', 'preguntas']],
  ['easel', ['fan-art', 'kunstecke', 'arte', 'zeichnungen', 'dibujos']],
  ['robot', ['bots', 'bot-commands', 'botbefehle', 'comandos']],
  ['chess', ['gaming', 'spiele', 'juegos', 'minecraft']],
  ['oven', ['food', 'küche', 'cocina', 'essen']],
  ['totem', ['memes', 'witze', 'chistes']],
  ['gate', ['introductions', 'vorstellungsrunde', 'presentaciones', 'welcome']],
  ['board', ['announcements', 'ankündigungen', 'anuncios']],
  ['camera', ['photos', 'fotos', 'bilder']],
  ['kennel', ['pets', 'haustiere', 'mascotas']],
  ['flowers', ['garden', 'garten', 'jardín']],
  ['shelf', ['books', 'bücher', 'libros']],
  ['globe', ['travel', 'reisen', 'viajes']],
  ['letterbox', ['suggestions', 'vorschläge', 'sugerencias']],
];

for (const [wanted, names] of NAMED) {
  test(`a place that is about it has a ${wanted}`, () => {
    for (const name of names) assert.equal(thing(name), wanted, name);
  });
}

test('a word within another is none', () => {
  for (const name of ['article', 'robotham'.slice(3), 'team', 'heart']) assert.notEqual(thing(name), 'easel', name);
});

test('what a channel is of counts before its name', () => {
  assert.equal(thing('music', 'voice'), 'fire');
  assert.equal(thing('music', 'stage'), 'stage');
  assert.equal(thing('music', 'news'), 'board');
  assert.equal(thing('music', 'forum'), 'piano');
  assert.equal(thing('xyzzy', 'forum'), 'board');
});

test('where a name says nothing, chance decides, always alike', () => {
  const found = new Set(Array.from({ length: 60 }, (_, i) => thing('xyzzy', 'text', `${i}`)));
  assert.ok(found.size >= 4);
  assert.equal(thing('xyzzy', 'text', '5'), thing('another', 'text', '5'));
});

test('whatever a place can have can be painted', () => {
  for (const [name] of NAMED) assert.ok([paintPlace(name)].flat().every(({ inks }) => inks.some((/** @type {number} */ ink) => ink)));
});

test('a name is written on a sign in two lines at most, without what no letter is', () => {
  assert.deepEqual(lettered('📜┃Größe'), ['grosse']);
  assert.deepEqual(lettered('bot-commands'), ['bot commands']);
  assert.deepEqual(lettered('very-long-names-of-channels'), ['very long', 'names of']);
  assert.deepEqual(boardFor(lettered('introductions')), { width: 57, height: 9 });
});

test('a script that has other letters isn\'t written', () => {
  for (const name of ['общий', '雑談', 'γειά', '🎉', '']) assert.deepEqual(lettered(name), [], name);
  assert.equal(boardFor([]), null);
});

test('letters have their form', () => {
  const sheet = new Sheet(7, 5);
  write(sheet, 0, 0, 'hi', 1);
  const rows = Array.from({ length: 5 }, (_, y) => [...sheet.inks.slice(y * 7, y * 7 + 7)].map((ink) => (ink ? '#' : '.')).join(''));
  assert.deepEqual(rows, ['#.#.###', '#.#..#.', '###..#.', '#.#..#.', '#.#.###']);
});
