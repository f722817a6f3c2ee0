/** What nobody needs who only looks: it is fetched when somebody first touches the page, as one script. */

import { explain } from './legend.js';
import { Lists } from './lists.js';
import { makeStreams, offerMenu } from './menu.js';
import { offerChoices } from './options.js';
import { Tip } from './tip.js';

/** @typedef {typeof TOUCHED} Touched */

export const TOUCHED = { Lists, Tip, explain, makeStreams, offerChoices, offerMenu };
