import { Migration20261122000000_initial } from './20261122000000_initial.js';
import { Migration20261122110100_source_life } from './20261122110100_source_life.js';
import { Migration20261122110101_access } from './20261122110101_access.js';
import { Migration20261122114001_work } from './20261122114001_work.js';
import { Migration20261122114101_period } from './20261122114101_period.js';
import { Migration20261122114201_ingestion } from './20261122114201_ingestion.js';
import { Migration20261122114301_linkage } from './20261122114301_linkage.js';
import { Migration20261122150001_snapshot_delta } from './20261122150001_snapshot_delta.js';
import { Migration20261122160001_alert } from './20261122160001_alert.js';
import { Migration20261122170001_revision_patience } from './20261122170001_revision_patience.js';
import { Migration20261122180001_webhook } from './20261122180001_webhook.js';
import { Migration20261122190001_alert_origin } from './20261122190001_alert_origin.js';
import { Migration20261122200001_duty } from './20261122200001_duty.js';
import { Migration20261122210001_revision_clock } from './20261122210001_revision_clock.js';
import { Migration20261122220001_source_language } from './20261122220001_source_language.js';
import { Migration20261122230001_contradiction } from './20261122230001_contradiction.js';

/** All migrations, oldest first. A released one is never edited; a change is a new file and a new line here. */
export const MIGRATIONS = [
  { name: '20261122000000_initial', class: Migration20261122000000_initial },
  { name: '20261122110100_source_life', class: Migration20261122110100_source_life },
  { name: '20261122110101_access', class: Migration20261122110101_access },
  { name: '20261122114001_work', class: Migration20261122114001_work },
  { name: '20261122114101_period', class: Migration20261122114101_period },
  { name: '20261122114201_ingestion', class: Migration20261122114201_ingestion },
  { name: '20261122114301_linkage', class: Migration20261122114301_linkage },
  { name: '20261122150001_snapshot_delta', class: Migration20261122150001_snapshot_delta },
  { name: '20261122160001_alert', class: Migration20261122160001_alert },
  { name: '20261122170001_revision_patience', class: Migration20261122170001_revision_patience },
  { name: '20261122180001_webhook', class: Migration20261122180001_webhook },
  { name: '20261122190001_alert_origin', class: Migration20261122190001_alert_origin },
  { name: '20261122200001_duty', class: Migration20261122200001_duty },
  { name: '20261122210001_revision_clock', class: Migration20261122210001_revision_clock },
  { name: '20261122220001_source_language', class: Migration20261122220001_source_language },
  { name: '20261122230001_contradiction', class: Migration20261122230001_contradiction },
];
