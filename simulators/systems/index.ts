import type { SystemSimulator } from '../system.js';
import { banking } from './banking.js';
import { businessRegistration } from './businessRegistration.js';
import { customs } from './customs.js';
import { digitalSignature } from './digitalSignature.js';
import { driverLicence } from './driverLicence.js';
import { ecommerce } from './ecommerce.js';
import { healthInsurance } from './healthInsurance.js';
import { smedx } from './smedx.js';
import { socialSecurity } from './socialSecurity.js';
import { tax } from './tax.js';
import { telecom } from './telecom.js';

/** The simulated systems beside the three databases of months, one file each; a new one is added here and nowhere else. */
export const SYSTEMS: readonly SystemSimulator[] = [
  banking,
  businessRegistration,
  customs,
  digitalSignature,
  driverLicence,
  ecommerce,
  healthInsurance,
  smedx,
  socialSecurity,
  tax,
  telecom,
];
