import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';

/** One row of data/references/published-results.csv. */
export interface Reference {
  readonly level: 'province' | 'ministry' | 'national';
  readonly year: number;
  /** Name as printed; 'average' marks the mean of the peer group. */
  readonly entity: string;
  readonly entityCode: string;
  /** 'overall', a pillar or a main index. */
  readonly measure: string;
  /** Printed value, four decimals; null when only a rank is known. */
  readonly score: number | null;
  readonly rank: number | null;
  readonly peerGroup: string;
}

/** Whether the simulated figures must reproduce a row, and if not, why they cannot. */
export type Classification = { readonly reachable: true } | { readonly reachable: false; readonly reason: string };

/**
 * Says whether a published row can come out of the platform's own calculation.
 * Of the 302 rows 226 can; 54 are of 2020, 20 of 2024 and 2 are national values of 2022 and 2023.
 * @see CALIBRATION brief, section 1
 */
export function classifyReference(row: Reference): Classification {
  if (row.year === 2020) {
    return { reachable: false, reason: 'Decision 1726 applied in 2020; its framework is not in the data.' };
  }
  if (row.year === 2024) {
    return { reachable: false, reason: 'Decision 405 applied in 2024; its points per main index are not known.' };
  }
  if (row.level === 'national') {
    return { reachable: false, reason: 'The national framework is not in the data; the value is no mean of bodies.' };
  }
  return { reachable: true };
}

/** Reads all published rows. */
export function readReferences(root: string): Reference[] {
  const text = readFileSync(`${root}/data/references/published-results.csv`, 'utf8');
  const rows = parse(text, { columns: true, bom: true, relax_column_count: true }) as Record<string, string>[];
  return rows.map((row) => ({
    level: row.index_level as Reference['level'],
    year: Number(row.year),
    entity: row.entity ?? '',
    entityCode: row.entity_code ?? '',
    measure: row.measure ?? '',
    score: row.score ? Number(row.score) : null,
    rank: row.rank ? Number(row.rank) : null,
    peerGroup: toPeerGroup(row.index_level, row.peer_group ?? ''),
  }));
}

/** The rows of one round and peer group. */
export function referencesOf(
  rows: readonly Reference[],
  level: Reference['level'],
  year: number,
  peerGroup: string,
): Reference[] {
  return rows.filter((row) => row.level === level && row.year === year && row.peerGroup === peerGroup);
}

function toPeerGroup(level: string | undefined, printed: string): string {
  if (level === 'province') return 'PROVINCE_63';
  if (printed === 'WITH_PUBLIC_SERVICES') return 'MINISTRY_WITH_SERVICES';
  if (printed === 'WITHOUT_PUBLIC_SERVICES') return 'MINISTRY_WITHOUT_SERVICES';
  return printed;
}
