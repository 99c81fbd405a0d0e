import { defineEntity, p } from '@mikro-orm/core';
import type { IndicatorFacts, NotApplicable } from '../../domain/framework.js';

/** Frameworks, by code and version. */
export const FrameworkTable = defineEntity({
  name: 'FrameworkRow',
  tableName: 'framework',
  properties: {
    id: p.integer().primary(),
    code: p.text(),
    version: p.text(),
    level: p.text(),
    legalBasis: p.text(),
    maxPoints: p.decimal('number'),
    missing: p.text(),
    notApplicable: p.json<readonly NotApplicable[]>(),
    certaintyNote: p.text(),
  },
});

/** Nodes of the frameworks' graphs. */
export const MeasureTable = defineEntity({
  name: 'MeasureRow',
  tableName: 'measure',
  properties: {
    id: p.integer().primary(),
    frameworkId: p.integer(),
    code: p.text(),
    kind: p.text(),
    nameVi: p.text(),
    nameEn: p.text(),
    maxPoints: p.decimal('number'),
    position: p.integer(),
    certainty: p.text(),
    indicator: p.json<IndicatorFacts>().nullable(),
  },
});

/** Weighted edges between measures of one framework. */
export const MeasureEdgeTable = defineEntity({
  name: 'MeasureEdgeRow',
  tableName: 'measure_edge',
  properties: {
    id: p.integer().primary(),
    parentId: p.integer(),
    childId: p.integer(),
    weight: p.decimal('number'),
  },
});
