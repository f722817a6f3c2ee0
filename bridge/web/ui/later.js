/** What the first picture does without: it is fetched when that is there, as one script. */

import { outcomeOf } from './account.js';
import { person, portraitOf, pose } from './figure.js';
import { furnishPage } from './furnish.js';
import { KeyedList } from './list.js';
import { localeFor } from './locale.js';
import { outlineOf } from './outline.js';
import { roam, stopAt } from './roam.js';
import { tint } from './tint.js';

/** @typedef {typeof LATER} Later */

export const LATER = { KeyedList, furnishPage, localeFor, outcomeOf, outlineOf, person, portraitOf, pose, roam, stopAt, tint };
