import { defineEntity, type InferEntity, p } from '@mikro-orm/core';

/** Sources of observations. */
export const SourceTable = defineEntity({
  name: 'SourceRow',
  tableName: 'source',
  properties: {
    id: p.integer().primary(),
    key: p.text(),
    nameVi: p.text(),
    nameEn: p.text(),
    /** In English, or for both languages where there is no Vietnamese one. */
    owner: p.text(),
    ownerVi: p.text().nullable(),
    kind: p.text(),
    status: p.text(),
    simulated: p.boolean(),
    /** The version in use; that of a source which was never active is its newest. */
    version: p.integer(),
    /** As {@link owner}. */
    citation: p.text(),
    citationVi: p.text().nullable(),
    licence: p.text(),
    freshnessLimitSeconds: p.integer().nullable(),
    createdAt: p.datetime(),
    /** Where it is; null = where its manifest says. */
    baseUrl: p.text().nullable(),
    /** When it is read, as cron in Vietnam's time; null = as its manifest says. */
    schedule: p.text().nullable(),
    settingsUpdatedAt: p.datetime().nullable(),
  },
});

/** Where each stream of a source resumes; moved only by the transaction that commits the rows. */
export const StreamCursorTable = defineEntity({
  name: 'StreamCursorRow',
  tableName: 'stream_cursor',
  properties: {
    id: p.integer().primary(),
    sourceId: p.integer(),
    stream: p.text(),
    cursor: p.json<Record<string, string | number>>(),
  },
});

export type SourceRow = InferEntity<typeof SourceTable>;
