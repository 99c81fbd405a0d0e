import { defineEntity, type InferEntity, p } from '@mikro-orm/core';

/** Versions of sources. The database refuses every change of a row but that of its check. */
export const SourceVersionTable = defineEntity({
  name: 'SourceVersionRow',
  tableName: 'source_version',
  properties: {
    id: p.integer().primary(),
    sourceId: p.integer(),
    version: p.integer(),
    /** The text as it was registered; null = the source is read by code, or by nobody. */
    manifest: p.text().nullable(),
    /** Of the manifest, or of what the code says of itself; empty = from before versions were kept. */
    sha256: p.text(),
    createdAt: p.datetime(),
    /** Subject of who registered it; null = the platform itself. */
    createdBy: p.text().nullable(),
    checkedAt: p.datetime().nullable(),
    /** Result of the newest check; null = none yet. */
    checkOk: p.boolean().nullable(),
    checkMessage: p.text().nullable(),
  },
});

export type SourceVersionRow = InferEntity<typeof SourceVersionTable>;

/** Secrets of sources, sealed; what seals them is not in the database. */
export const SourceSecretTable = defineEntity({
  name: 'SourceSecretRow',
  tableName: 'source_secret',
  properties: {
    sourceId: p.integer().primary(),
    name: p.text().primary(),
    sealed: p.text(),
    /** Scheme, host and port of all that it was given for, between spaces; null = none was known yet. */
    origin: p.text().nullable(),
    updatedAt: p.datetime(),
  },
});
