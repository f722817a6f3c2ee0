/** What nobody needs who only looks: it is fetched when somebody first touches the page, as one script. */

import { GuildList } from './guilds.js';
import { addIcons } from './icons.js';
import { explain } from './legend.js';
import { copy, linkTo } from './links.js';
import { MemberList } from './members.js';
import { offerMenu } from './menu.js';
import { offerChoices } from './options.js';
import { Tip } from './tip.js';

/** @typedef {typeof TOUCHED} Touched */

export const TOUCHED = { GuildList, MemberList, Tip, addIcons, copy, explain, linkTo, offerChoices, offerMenu };
