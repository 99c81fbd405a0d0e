import { defineEntity, type InferEntity, p } from '@mikro-orm/core';

/** Regions, per code system. */
export const RegionTable = defineEntity({
  name: 'RegionRow',
  tableName: 'region',
  properties: {
    id: p.integer().primary(),
    codeSystem: p.text(),
    code: p.text(),
    nameVi: p.text(),
    nameEn: p.text(),
  },
});

/** Entities: one row per (code system, code). */
export const EntityTable = defineEntity({
  name: 'EntityRow',
  tableName: 'entity',
  properties: {
    id: p.integer().primary(),
    codeSystem: p.text(),
    code: p.text(),
    level: p.text(),
    kind: p.text(),
    nameVi: p.text(),
    nameEn: p.text(),
    regionId: p.integer().nullable(),
    validFrom: p.string().columnType('date').nullable(),
    validTo: p.string().columnType('date').nullable(),
    populationThousand: p.decimal('string').nullable(),
    populationCertainty: p.text().nullable(),
    note: p.text().nullable(),
  },
});

/** Which entity became which. */
export const SuccessionTable = defineEntity({
  name: 'SuccessionRow',
  tableName: 'succession',
  properties: {
    id: p.integer().primary(),
    predecessorId: p.integer(),
    successorId: p.integer(),
    kind: p.text(),
    onDate: p.string().columnType('date'),
  },
});

export type EntityRow = InferEntity<typeof EntityTable>;
