import type { SystemSimulator } from '../system.js';
import { banking } from './banking.js';
import { businessRegistration } from './businessRegistration.js';
import { civilServants } from './civilServants.js';
import { customs } from './customs.js';
import { cyberMonitoring } from './cyberMonitoring.js';
import { digitalPlatforms } from './digitalPlatforms.js';
import { digitalSignature } from './digitalSignature.js';
import { driverLicence } from './driverLicence.js';
import { dtiSurvey } from './dtiSurvey.js';
import { ecommerce } from './ecommerce.js';
import { edoc } from './edoc.js';
import { education } from './education.js';
import { healthInsurance } from './healthInsurance.js';
import { land } from './land.js';
import { ndxp } from './ndxp.js';
import { smedx } from './smedx.js';
import { socialSecurity } from './socialSecurity.js';
import { statistics } from './statistics.js';
import { tax } from './tax.js';
import { telecom } from './telecom.js';

/** The simulated systems beside the three databases of months, one file each; a new one is added here and nowhere else. */
export const SYSTEMS: readonly SystemSimulator[] = [
  banking,
  businessRegistration,
  civilServants,
  customs,
  cyberMonitoring,
  digitalPlatforms,
  digitalSignature,
  driverLicence,
  dtiSurvey,
  ecommerce,
  edoc,
  education,
  healthInsurance,
  land,
  ndxp,
  smedx,
  socialSecurity,
  statistics,
  tax,
  telecom,
];
