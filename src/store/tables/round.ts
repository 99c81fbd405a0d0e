import { defineEntity, p } from '@mikro-orm/core';
import type { SourceKind } from '../../domain/source.js';

/** Peer groups. */
export const PeerGroupTable = defineEntity({
  name: 'PeerGroupRow',
  tableName: 'peer_group',
  properties: { id: p.integer().primary(), code: p.text(), level: p.text(), nameVi: p.text(), nameEn: p.text() },
});

/** Assessment rounds. */
export const RoundTable = defineEntity({
  name: 'RoundRow',
  tableName: 'round',
  properties: {
    id: p.integer().primary(),
    code: p.text(),
    level: p.text(),
    year: p.integer(),
    frameworkId: p.integer(),
    status: p.text(),
    illustrative: p.boolean(),
  },
});

/** Who is ranked with whom in a round; `position` orders groups, then entities. */
export const RoundMemberTable = defineEntity({
  name: 'RoundMemberRow',
  tableName: 'round_member',
  properties: {
    id: p.integer().primary(),
    roundId: p.integer(),
    peerGroupId: p.integer(),
    entityId: p.integer(),
    position: p.integer(),
  },
});

/** Versioned merge policies. */
export const MergePolicyTable = defineEntity({
  name: 'MergePolicyRow',
  tableName: 'merge_policy',
  properties: {
    id: p.integer().primary(),
    code: p.text(),
    version: p.integer(),
    precedence: p.json<readonly SourceKind[]>(),
    discrepancyTolerance: p.decimal('number'),
  },
});

/** Published results of the index's owner: references with citations, never scores. */
export const PublishedReferenceTable = defineEntity({
  name: 'PublishedReferenceRow',
  tableName: 'published_reference',
  properties: {
    id: p.integer().primary(),
    level: p.text(),
    year: p.integer(),
    entityName: p.text(),
    entityId: p.integer().nullable(),
    measureCode: p.text(),
    peerGroupCode: p.text().nullable(),
    value: p.decimal('string').nullable(),
    rank: p.integer().nullable(),
    certainty: p.text(),
    citation: p.text(),
    url: p.text().nullable(),
    note: p.text().nullable(),
  },
});

/** Which content of the reference files was loaded, newest last. */
export const ReferenceLoadTable = defineEntity({
  name: 'ReferenceLoadRow',
  tableName: 'reference_load',
  properties: { id: p.integer().primary(), contentHash: p.text(), loadedAt: p.datetime() },
});
