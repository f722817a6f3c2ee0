/** What the first picture does without: it is fetched when that is there, as one script. */

import { Whereabouts } from '../world/whereabouts.js';
import { Air } from './air.js';
import { Feed } from './feed.js';
import { portraitOf } from './figure.js';
import { GuildList } from './guilds.js';
import { Lookout } from './lookout.js';
import { MemberList } from './members.js';
import { outlineOf } from './outline.js';

export const LATER = { Air, Feed, GuildList, Lookout, MemberList, Whereabouts, outlineOf, portraitOf };
