/** Fills what opens when somebody wants it, and lets the world tell of whom they point at. */

import { byId, setText } from './dom.js';
import { explain } from './legend.js';
import { Lists } from './lists.js';
import { offerMenu } from './menu.js';
import { offerChoices } from './options.js';
import { roleList } from './roles.js';
import { Tip } from './tip.js';

/**
 * @param {import('./furnish.js').Page} page
 * @param {import('./furnish.js').Furnished} furnished
 * @param {import('./later.js').Later} later
 */
export function offerAll({ words, replica, conversation, view, preferences }, { air, lookout, where, all, more }, later) {
  const { isOwn, pick, openStreams } = view.wishes;
  air.tip = new Tip(later, all, more, where, replica);
  const { node, show } = roleList(all, later, replica.census);
  view.lists = new Lists(later, all, replica, {
    refresh: () => view.refresh(),
    pick: (slug) => pick(slug),
    visit(uid) {
      view.panels.makeRoom();
      lookout.visit(uid);
    },
    seek: (uids) => lookout.seek(uids),
    find: (text) => conversation.find(text),
    retell: show,
    isOwn,
  });
  whenOpened('legend', () => explain(more, later, node));
  byId('legend').addEventListener('toggle', show);
  whenOpened('menu', () => offerMenu(more, later.localeFor(words.language), replica, openStreams));
  whenOpened('settings', () => offerChoices(more, preferences));
  setText(byId('streams-title'), more.streams);
  view.refresh();
}

/** Few open it: it is made when somebody does, or has done so already. @param {string} id @param {() => void} make */
function whenOpened(id, make) {
  const panel = byId(id);
  if (panel.matches(':popover-open')) make();
  else panel.addEventListener('beforetoggle', make, { once: true });
}
