import type { SystemSimulator } from '../system.js';
import { banking } from './banking.js';
import { customs } from './customs.js';
import { tax } from './tax.js';
import { telecom } from './telecom.js';

/** The simulated systems beside the three databases of months, one file each; a new one is added here and nowhere else. */
export const SYSTEMS: readonly SystemSimulator[] = [banking, customs, tax, telecom];
