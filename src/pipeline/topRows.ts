import type { Catalogue } from '../domain/catalogue.js';
import { INDEX_CODE } from '../domain/framework.js';
import { measurePosition, readCell } from '../snapshot/columns.js';
import { rankingOf } from '../snapshot/ranking.js';
import type { SnapshotLibrary } from '../store/snapshotLibrary.js';
import { publishedText } from './explain.js';

/** The head of one ranking. */
export interface TopRows {
  readonly title: string;
  readonly rows: readonly { readonly rank: number; readonly name: string; readonly value: string }[];
}

/** The first of the newest round of each level, published or not, in its first peer group; rounds without a snapshot are left out. */
export async function topRows(
  catalogue: Catalogue,
  library: SnapshotLibrary,
  revision: number,
  count: number,
): Promise<TopRows[]> {
  const tables: TopRows[] = [];
  for (const [, rounds] of Map.groupBy(catalogue.content.rounds, ({ level }) => level)) {
    const found = rounds
      .toSorted((a, b) => b.year - a.year)
      .map((round) => ({ round, head: library.find(round.id, { revision, provisional: true }) }))
      .find(({ head }) => head !== undefined);
    const group = found?.round.groups[0];
    if (found?.head === undefined || group === undefined) continue;
    const { columns } = await library.load(found.head);
    const index = catalogue.measureByCode(found.round.frameworkCode, INDEX_CODE);
    const measureAt = index === undefined ? null : measurePosition(columns, index.id);
    if (measureAt === null) continue;
    const peers = catalogue.peerGroup(group.peerGroupId)?.name.en ?? '';
    tables.push({
      title: `${found.round.code} (${peers}, ${found.head.status.toLowerCase()})`,
      rows: rankingOf(columns, measureAt, group.peerGroupId)
        .slice(0, count)
        .map((entityAt) => {
          const { rank, value } = readCell(columns, measureAt, entityAt);
          const name = catalogue.entity(columns.entityIds[entityAt] ?? 0)?.name.en ?? '';
          return { rank: rank ?? 0, name, value: value === null ? '' : publishedText(value) };
        }),
    });
  }
  return tables;
}
