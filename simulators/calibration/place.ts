import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';

/** A province of the 63, as far as the generator needs it. */
export interface Place {
  readonly code: string;
  readonly name: string;
  readonly municipality: boolean;
  /** Census of 2019 in persons, rounded to thousands (recalled figures). */
  readonly population2019: number;
}

/** A province of the 34 with the codes of the provinces it was made of. */
export interface MergedPlace {
  readonly code: string;
  readonly predecessors: readonly string[];
}

/** A round with its peer groups, from data/rounds.json. */
export interface Round {
  readonly level: 'PROVINCE' | 'MINISTRY';
  readonly year: number | 'CURRENT';
  readonly framework: string;
  readonly groups: readonly { readonly peerGroup: string; readonly members: 'ALL' | readonly string[] }[];
}

function readTable(file: string): Record<string, string>[] {
  return parse(readFileSync(file, 'utf8'), { columns: true, bom: true, relax_column_count: true }) as Record<
    string,
    string
  >[];
}

/** Reads the 63 provinces, sorted by code. */
export function readPlaces(root: string): Place[] {
  return readTable(`${root}/data/entities/provinces-63.csv`)
    .map((row) => ({
      code: row.code ?? '',
      name: row.name_en ?? '',
      municipality: row.type === 'municipality',
      population2019: 1000 * Number(row.population_2019_thousand),
    }))
    .sort((left, right) => (left.code < right.code ? -1 : 1));
}

/** Reads the 34 provinces with their predecessors, sorted by code. */
export function readMergedPlaces(root: string): MergedPlace[] {
  return readTable(`${root}/data/entities/provinces-34.csv`)
    .map((row) => ({ code: row.code ?? '', predecessors: (row.predecessors ?? '').split(';') }))
    .sort((left, right) => (left.code < right.code ? -1 : 1));
}

/** Reads the rounds with their peer groups. */
export function readRounds(root: string): Round[] {
  return (JSON.parse(readFileSync(`${root}/data/rounds.json`, 'utf8')) as { rounds: Round[] }).rounds;
}
