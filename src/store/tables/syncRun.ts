import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { StreamRecord } from '../../domain/syncRun.js';

/** Runs of sources, with their accounts. */
export const SyncRunTable = defineEntity({
  name: 'SyncRunRow',
  tableName: 'sync_run',
  properties: {
    id: p.bigint('number').primary(),
    sourceId: p.integer(),
    sourceVersion: p.integer(),
    mode: p.text(),
    status: p.text(),
    startedAt: p.datetime(),
    finishedAt: p.datetime().nullable(),
    read: p.integer().default(0),
    written: p.integer().default(0),
    unchanged: p.integer().default(0),
    superseded: p.integer().default(0),
    tombstoned: p.integer().default(0),
    rejected: p.integer().default(0),
    skipped: p.integer().default(0),
    pages: p.integer().default(0),
    stopReasons: p.json<Record<string, string>>(),
    skippedRules: p.json<Record<string, number>>(),
    checkpoint: p.json<Readonly<Record<string, unknown>>>().nullable(),
    streams: p.json<Record<string, StreamRecord>>().nullable(),
    schemaChanges: p.json<string[]>().nullable(),
    withdrawnByDifference: p.integer().default(0),
    errorCode: p.text().nullable(),
    errorMessage: p.text().nullable(),
    failureType: p.text().nullable(),
    period: p.text().nullable(),
    jobId: p.text().nullable(),
    worker: p.text().nullable(),
  },
});

export type SyncRunRow = InferEntity<typeof SyncRunTable>;
