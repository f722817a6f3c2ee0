/** Addresses of the page, to hand on. */

import { make } from './dom.js';

const KEPT_SETTINGS = ['socketURL']; // what else an address needs for others to see the same

/** Where somebody else sees a guild. @param {string} here @param {string} [slug] @param {Record<string, string>} [settings] */
export function linkTo(here, slug, settings = {}) {
  const from = new URL(here);
  const link = new URL(from.pathname, from);
  if (slug) link.searchParams.set('s', slug);
  for (const name of KEPT_SETTINGS) if (from.searchParams.has(name)) link.searchParams.set(name, from.searchParams.get(name) ?? '');
  for (const [name, value] of Object.entries(settings)) link.searchParams.set(name, value);
  return link.href;
}

/** Puts words on the clipboard; without https a browser knows only the old way. @param {string} words */
export async function copy(words) {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    return copyByHand(words);
  }
}

/** @param {string} words */
function copyByHand(words) {
  const before = document.activeElement;
  const field = make('textarea', 'unseen');
  field.value = words;
  (before?.closest('[popover]') ?? document.body).append(field); // beneath something open it could not be chosen
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  return isCopied;
}
