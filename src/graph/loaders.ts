import DataLoader from 'dataloader';
import type { Alert } from '../domain/alert.js';
import type { ApiKey } from '../domain/credential.js';
import type { Observation } from '../domain/observation.js';
import type { Webhook, WebhookDelivery } from '../domain/webhook.js';
import { type ListedAudit, readAudit } from '../store/audit.js';
import { readApiKeys } from '../store/credential.js';
import { type AlertScope, readAlerts } from '../store/listAlerts.js';
import { type ObservationTrace, readObservations, readTraces } from '../store/listObservations.js';
import { type ListedSource, readSources } from '../store/listSources.js';
import {
  type ListedSettings,
  type ListedVersion,
  listSourceVersions,
  type ManifestOfVersion,
  readManifests,
  readSettings,
} from '../store/listSourceVersions.js';
import {
  countRunsOfSources,
  type ListedRun,
  listRunsOfSources,
  type RunsOfSource,
  readSyncRuns,
} from '../store/listSyncRuns.js';
import type { Database } from '../store/orm.js';
import { type PageBodyHead, type PageKey, readPageBodyHeads } from '../store/pageBody.js';
import { type Claim, readClaims } from '../store/readClaims.js';
import { readSnapshotProblems, type SnapshotProblems } from '../store/readSnapshotProblems.js';
import { type CandidateKey, readCandidates } from '../store/roundObservation.js';
import { readDeliveries, readWebhooks } from '../store/webhook.js';

/** All sources, in key order and by id. */
export interface Sources {
  readonly list: readonly ListedSource[];
  readonly byId: ReadonlyMap<number, ListedSource>;
}

/** What nested fields read from the database: one statement per kind and level of an operation, however many objects ask. */
export interface Loaders {
  /** All observations behind one score of an indicator. */
  readonly candidates: DataLoader<CandidateKey, readonly Observation[], string>;
  readonly observation: DataLoader<number, Observation | null>;
  readonly trace: DataLoader<number, ObservationTrace | null>;
  readonly claim: DataLoader<number, Claim | null>;
  readonly apiKey: DataLoader<string, ApiKey | null>;
  readonly auditEntry: DataLoader<number, ListedAudit | null>;
  readonly run: DataLoader<number, ListedRun | null>;
  readonly runsOfSource: DataLoader<RunsOfSource, readonly ListedRun[], string>;
  readonly runCountOfSource: DataLoader<Pick<RunsOfSource, 'sourceId' | 'until'>, number, string>;
  readonly versionsOfSource: DataLoader<number, readonly ListedVersion[]>;
  readonly manifest: DataLoader<number, ManifestOfVersion | null>;
  readonly settings: DataLoader<number, ListedSettings | null>;
  readonly snapshotProblems: DataLoader<number, SnapshotProblems | null>;
  readonly pageBody: DataLoader<PageKey, PageBodyHead | null, string>;
  readonly webhook: DataLoader<string, Webhook | null>;
  readonly delivery: DataLoader<string, WebhookDelivery | null>;
  /** Alerts as a view shows them. */
  alert(scope: AlertScope): DataLoader<number, Alert | null>;
  /** @param until as in store/listSources.ts */
  sources(until: Date | null): Promise<Sources>;
}

/** Makes loaders for one operation. What they have read they keep, so they must not outlive it. */
export function createLoaders(database: Database): Loaders {
  const em = () => database.fork();
  const { reading } = database;
  const sources = new Map<string, Promise<Sources>>();
  const alerts = new Map<number, DataLoader<number, Alert | null>>();
  return {
    candidates: new DataLoader((keys) => readCandidates(reading, keys), {
      cacheKeyFn: ({ entityId, indicatorId, year, revision }) => `${entityId}:${indicatorId}:${year}:${revision}`,
    }),
    observation: byId(
      (ids) => readObservations(reading, ids),
      ({ id }) => id,
    ),
    trace: byId(
      (ids) => readTraces(reading, ids),
      ({ observationId }) => observationId,
    ),
    claim: byId(
      (ids) => readClaims(reading, ids),
      ({ itemId }) => itemId,
    ),
    apiKey: byId(
      (ids: readonly string[]) => readApiKeys(em(), ids),
      ({ id }) => id,
    ),
    auditEntry: byId(
      (ids: readonly number[]) => readAudit(em(), ids),
      ({ id }) => id,
    ),
    run: byId(
      (ids) => readSyncRuns(em(), ids),
      ({ id }) => id,
    ),
    versionsOfSource: new DataLoader((ids) => listSourceVersions(em(), ids)),
    manifest: byId(
      (ids: readonly number[]) => readManifests(em(), ids),
      ({ id }) => id,
    ),
    settings: byId(
      (ids: readonly number[]) => readSettings(em(), ids),
      ({ sourceId }) => sourceId,
    ),
    snapshotProblems: byId(
      (ids: readonly number[]) => readSnapshotProblems(em(), ids),
      ({ snapshotId }) => snapshotId,
    ),
    pageBody: new DataLoader((keys) => readPageBodyHeads(em(), keys), {
      cacheKeyFn: ({ runId, sequence }) => `${runId}:${sequence}`,
    }),
    runsOfSource: new DataLoader((keys) => listRunsOfSources(em(), keys), {
      cacheKeyFn: ({ sourceId, until, before, limit, readsOnly }) =>
        `${sourceId}:${until?.getTime()}:${before}:${limit}:${readsOnly ?? false}`,
    }),
    runCountOfSource: new DataLoader((keys) => countRunsOfSources(em(), keys), {
      cacheKeyFn: ({ sourceId, until }) => `${sourceId}:${until?.getTime()}`,
    }),
    webhook: byId(
      (ids: readonly string[]) => readWebhooks(em(), ids),
      ({ id }) => id,
    ),
    delivery: byId(
      (ids: readonly string[]) => readDeliveries(em(), ids),
      ({ id }) => id,
    ),
    alert(scope) {
      const known = alerts.get(scope.revision);
      if (known !== undefined) return known;
      const loader = byId(
        (ids: readonly number[]) => readAlerts(em(), scope, ids),
        ({ id }) => id,
      );
      alerts.set(scope.revision, loader);
      return loader;
    },
    sources(until) {
      const key = until?.toISOString() ?? 'now';
      const known = sources.get(key);
      if (known !== undefined) return known;
      const reading = readSources(em(), until).then((list) => ({
        list,
        byId: new Map(list.map((source) => [source.id, source])),
      }));
      sources.set(key, reading);
      return reading;
    },
  };
}

function byId<Id extends number | string, Row>(
  read: (ids: readonly Id[]) => Promise<readonly Row[]>,
  idOf: (row: Row) => Id,
): DataLoader<Id, Row | null> {
  return new DataLoader(async (ids) => {
    const rows = new Map((await read(ids)).map((row) => [idOf(row), row]));
    return ids.map((id) => rows.get(id) ?? null);
  });
}
