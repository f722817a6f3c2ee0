/** What nobody needs who only looks: it is fetched when somebody first touches the page, as one script. */

import { makeStreams } from './menu.js';
import { offerAll } from './offer.js';

export const TOUCHED = { makeStreams, offerAll };
