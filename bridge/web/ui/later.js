/** What the first picture does without: it is fetched when that is there, as one script. */

import { Happenings } from '../guild/happenings.js';
import { Whereabouts } from '../world/whereabouts.js';
import { Account, outcomeOf } from './account.js';
import { Air } from './air.js';
import { Feed } from './feed.js';
import { person, portraitOf, pose } from './figure.js';
import { addIcons } from './icons.js';
import { KeyedList } from './list.js';
import { localeFor } from './locale.js';
import { Lookout } from './lookout.js';
import { outlineOf } from './outline.js';
import { passwordForm } from './password.js';
import { tint } from './tint.js';

/** @typedef {typeof LATER} Later */

export const LATER = {
  Account, Air, Feed, Happenings, KeyedList, Lookout, Whereabouts, addIcons, localeFor, outcomeOf, outlineOf, passwordForm, person,
  portraitOf, pose, tint,
};
