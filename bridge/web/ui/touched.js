/** What nobody needs who only looks: it is fetched when somebody first touches the page, as one script. */

import { explain } from './legend.js';
import { copy, linkTo } from './links.js';
import { offerMenu } from './menu.js';
import { offerChoices } from './options.js';
import { Tip } from './tip.js';

export const TOUCHED = { Tip, copy, explain, linkTo, offerChoices, offerMenu };
