/** Puts the parts together: address, language, store, session, view. */

import { translate, wordsFor } from './i18n.js';
import { isOwnBridge, socketUrl } from './net.js';
import { Session } from './session.js';
import { Store } from './store.js';
import { View } from './view.js';

const words = wordsFor(navigator.languages);
translate(document, words);

const store = new Store();
const wish = new URLSearchParams(location.search).get('s')?.trim() || null;

const bridge = socketUrl(location);

/** @type {Session} */
const session = new Session(bridge, wish, store, {
  changed: () => view.refresh(),
  joined: keepAddress,
  refused: (refusal) => view.explain(refusal),
});

/** @type {View} */
const view = new View(words, store, session, {
  pick(slug, password) {
    view.explain(null);
    view.turnTo('messages');
    session.ask(slug, password);
  },
  hurry: () => session.hurry(),
  mayAskForPasswords: isOwnBridge(bridge, location),
});

/**
 * The address names the room, so that a reload or a shared link leads back to it.
 *
 * @param {string} slug
 */
function keepAddress(slug) {
  const address = new URL(location.href);
  address.searchParams.set('s', slug);
  history.replaceState(null, '', address);
}

addEventListener('online', () => session.renew());

session.start();
