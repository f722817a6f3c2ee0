/** Houses, and who lives in which: fetched where a guild has enough members for a town. */

import { build } from './build.js';
import { addHarbour, paintHarbour } from './harbour.js';
import { Homes } from './homes.js';
import { paintHouse } from './houses.js';
import { Skyline } from './skyline.js';

/** @typedef {typeof TOWN} Town */

export const TOWN = { Homes, Skyline, addHarbour, build, paintHarbour, paintHouse };
