/** What the picture means, in words; made when somebody asks for it. */

import { byId, make } from './dom.js';

const TALKING = { channelId: '', channel: '', muted: false, deafened: false, streaming: false, speaker: false, line: '' };

/** @type {Record<string, Partial<import('../guild/people.js').Member>>} */
const LOOKS = {
  online: {},
  idle: { status: 'idle' },
  dnd: { status: 'dnd' },
  offline: { status: 'offline' },
  bot: { bot: true },
  voice: { voice: { ...TALKING, muted: true } },
  streaming: { voice: { ...TALKING, streaming: true } },
  fresh: { fresh: true },
};

/** @param {import('../words.js').MoreWords} words @param {import('./later.js').Later} later @param {HTMLElement} roles */
export function explain(words, { portraitOf }, roles) {
  const text = byId('legend-text');
  const looks = Object.entries(LOOKS).map(([name, look]) => (
    make('li', '', portraitOf({ color: '#e5a04b', ...look }, true), make('span', '', /** @type {Record<string, string>} */ (words.looks)[name]))));
  const lands = words.lands.map((line) => make('li', '', line));
  const keys = words.handling.flatMap(([hand, effect]) => [make('dt', '', hand), make('dd', '', effect)]);
  text.append(
    make('h3', '', words.people), make('ul', 'looks', ...looks), roles,
    make('h3', '', words.land), make('ul', 'lands', ...lands),
    make('h3', '', words.keys), make('dl', 'keys', ...keys),
  );
}
