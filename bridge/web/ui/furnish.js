/**
 * Puts what comes after the first picture where it belongs.
 *
 * @typedef {{
 *   words: import('../words.js').Words, address: import('./address.js').Address, replica: import('../guild/replica.js').Replica,
 *   conversation: import('../guild/conversation.js').Conversation, stage: import('./stage.js').Stage, view: import('./view.js').View,
 *   preferences: import('./preferences.js').Preferences,
 * }} Page
 * @typedef {ReturnType<typeof furnishPage>} Furnished
 */

import { Whereabouts } from '../world/whereabouts.js';
import { Account } from './account.js';
import { Air } from './air.js';
import { Feed } from './feed.js';
import { addIcons } from './icons.js';
import { Lookout } from './lookout.js';
import { passwordForm } from './password.js';

/** @param {Page} page @param {import('../words.js').MoreWords} more */
export function furnishPage({ words, address, replica, conversation, stage, view }, more) {
  const all = { ...words, ...more.beside(words) };
  const { world } = stage;
  const where = new Whereabouts(world);
  const air = new Air(all, world, where, more, replica, {
    own: () => stage.own,
    ask: (gesture) => conversation.gesture(gesture),
  });
  const lookout = new Lookout(all, world, where, replica, address, air, {
    find: (uid) => conversation.find(uid),
    touched: () => stage.touched(),
  });
  stage.furnish({ air, lookout });

  addIcons();
  Object.assign(words.refusals, all.refusals);
  view.feed = new Feed(all, more, (said) => {
    view.panels.makeRoom();
    lookout.visitSpeaker(said);
  });
  const account = new Account(all, () => {
    stage.user = account.user?.id ?? '';
    view.refresh();
  });
  view.account = account;
  const { isOwn, pick } = view.wishes;
  if (isOwn) {
    account.look();
    view.notice.askPassword = (slug) => passwordForm(all, slug, pick);
  }
  view.refresh();
  return { air, lookout, where, all, more };
}
