/** What the first picture does without: it is fetched when that is there, as one script. */

import { Air } from './air.js';
import { Feed } from './feed.js';
import { GuildList } from './guilds.js';
import { explain } from './legend.js';
import { copy, linkTo } from './links.js';
import { MemberList } from './members.js';
import { offerMenu } from './menu.js';
import { offerChoices } from './options.js';
import { outlineOf } from './outline.js';

export const LATER = { Air, Feed, GuildList, MemberList, explain, copy, linkTo, offerChoices, offerMenu, outlineOf };
