import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describeError } from '../domain/errors.js';
import { roundCode } from '../domain/round.js';
import { readFramework } from './readFrameworkFile.js';
import type {
  EntityContent,
  ReferenceContent,
  ReferenceRow,
  RoundContent,
  SuccessionContent,
} from './referenceContent.js';

type Row = Readonly<Record<string, string>>;

/** The content of the files, and what could not be read of them. */
export interface ReferenceFiles {
  readonly content: ReferenceContent;
  /** One line each: file and what is wrong. */
  readonly problems: readonly string[];
}

interface RoundsFile {
  readonly peerGroups: readonly { code: string; level: 'PROVINCE' | 'MINISTRY'; nameVi: string; nameEn: string }[];
  readonly rounds: readonly {
    level: 'PROVINCE' | 'MINISTRY';
    year: number | 'CURRENT';
    framework: string;
    frameworkCertainty: string;
    groups: readonly { peerGroup: string; codeSystem: string; members: 'ALL' | readonly string[] }[];
  }[];
}

/**
 * Reads the reference files of a folder; checks nothing beyond their syntax.
 * @param currentYear the year of the round that the files call CURRENT
 */
export async function readReferenceFiles(folder: string, currentYear: number): Promise<ReferenceFiles> {
  const problems: string[] = [];
  const read = async <T>(file: string, decode: (text: string) => T, fallback: T): Promise<T> => {
    try {
      return decode(await readFile(join(folder, file), 'utf8'));
    } catch (error) {
      problems.push(`${file}: ${describeError(error)}`);
      return fallback;
    }
  };
  const table = (text: string): Row[] => parse(text, { columns: true, bom: true, skip_empty_lines: true });
  const provinces63 = await read('entities/provinces-63.csv', table, []);
  const provinces34 = await read('entities/provinces-34.csv', table, []);
  const ministries = await read('entities/ministries.csv', table, []);
  const entities = [
    ...provinces63.map((row) => province(row, 'GSO-2004')),
    ...provinces34.map((row) => province(row, 'GSO-2025')),
    ...ministries.map(ministry),
  ];
  const frameworks = [];
  for (const name of ['PDTI-922', 'MDTI-922']) {
    const framework = await read(`frameworks/${name}.json`, (text) => readFramework(JSON.parse(text)), null);
    if (framework !== null) frameworks.push(framework);
  }
  const none: RoundsFile = { peerGroups: [], rounds: [] };
  const roundsFile = await read('rounds.json', (text) => JSON.parse(text) as RoundsFile, none);
  const rounds = await read('rounds.json', () => readRounds(roundsFile, entities, currentYear), []);
  const policies = await read(
    'policies.json',
    (text) => (JSON.parse(text) as Pick<ReferenceContent, 'policies'>).policies,
    [],
  );
  const references = (await read('references/published-results.csv', table, [])).map(reference);
  const content: ReferenceContent = {
    regions: [...regions(provinces63, 'GSO-2004'), ...regions(provinces34, 'GSO-2025')],
    entities,
    successions: [...provinces34.flatMap(predecessors), ...ministries.flatMap(successor)],
    peerGroups: roundsFile.peerGroups.map((group) => ({
      code: group.code,
      level: group.level,
      name: { vi: group.nameVi, en: group.nameEn },
    })),
    frameworks,
    rounds,
    policies: policies.map(({ code, version, precedence, discrepancyTolerance }) => ({
      code,
      version,
      precedence,
      discrepancyTolerance,
    })),
    references,
  };
  return { content, problems };
}

const orNull = (text: string | undefined): string | null => (text === undefined || text === '' ? null : text);

function province(row: Row, codeSystem: string): EntityContent {
  const year = codeSystem === 'GSO-2004' ? '2019' : '2025';
  return {
    key: `${codeSystem}:${row.code}`,
    codeSystem,
    code: row.code ?? '',
    level: 'PROVINCE',
    kind: row.type_changed_to || row.type || '',
    name: { vi: (row.name_vi ?? '').normalize('NFC'), en: row.name_en ?? '' },
    regionKey: row.region_code ? `${codeSystem}:${row.region_code}` : null,
    validFrom: orNull(row.valid_from),
    validTo: orNull(row.valid_to),
    populationThousand: orNull(row[`population_${year}_thousand`]),
    populationCertainty: orNull(row.population_certainty),
    note: orNull(row.notes),
  };
}

function ministry(row: Row): EntityContent {
  return {
    key: `CENTRAL:${row.code}`,
    codeSystem: 'CENTRAL',
    code: row.code ?? '',
    level: 'MINISTRY',
    kind: row.kind ?? '',
    name: { vi: (row.name_vi ?? '').normalize('NFC'), en: row.name_en ?? '' },
    regionKey: null,
    validFrom: orNull(row.valid_from),
    validTo: orNull(row.valid_to),
    populationThousand: null,
    populationCertainty: null,
    note: orNull(row.notes),
  };
}

function regions(rows: readonly Row[], codeSystem: string) {
  const found = new Map(rows.map((row) => [row.region_code ?? '', row]));
  return [...found].map(([code, row]) => ({
    key: `${codeSystem}:${code}`,
    codeSystem,
    code,
    name: { vi: row.region_vi ?? '', en: row.region_en ?? '' },
  }));
}

function predecessors(row: Row): SuccessionContent[] {
  return (row.predecessors ?? '').split(';').map((code) => ({
    predecessor: `GSO-2004:${code}`,
    successor: `GSO-2025:${row.code}`,
    kind: row.merged === 'true' ? 'MERGED' : 'UNCHANGED',
    on: row.valid_from ?? '',
  }));
}

function successor(row: Row): SuccessionContent[] {
  if (!row.successor) return [];
  return [
    {
      predecessor: `CENTRAL:${row.code}`,
      successor: `CENTRAL:${row.successor}`,
      kind: 'MERGED',
      on: row.merged_on ?? '',
    },
  ];
}

function readRounds(file: RoundsFile, entities: readonly EntityContent[], currentYear: number): RoundContent[] {
  return file.rounds.map((round) => {
    const year = round.year === 'CURRENT' ? currentYear : round.year;
    return {
      code: roundCode(round.level, year),
      level: round.level,
      year,
      framework: round.framework,
      illustrative: round.frameworkCertainty !== 'published',
      groups: round.groups.map((group) => ({
        peerGroup: group.peerGroup,
        members:
          group.members === 'ALL'
            ? entities.filter((entity) => entity.codeSystem === group.codeSystem).map((entity) => entity.key)
            : [...group.members].sort().map((code) => `${group.codeSystem}:${code}`),
      })),
    };
  });
}

const PEER_GROUPS: Readonly<Record<string, string>> = {
  WITH_PUBLIC_SERVICES: 'MINISTRY_WITH_SERVICES',
  WITHOUT_PUBLIC_SERVICES: 'MINISTRY_WITHOUT_SERVICES',
};
const GEO_SYSTEMS: Readonly<Record<string, string>> = { '63': 'PROVINCE_63', '34': 'PROVINCE_34' };

function reference(row: Row): ReferenceRow {
  const level = (row.index_level ?? '').toUpperCase();
  const codeSystem = level === 'MINISTRY' ? 'CENTRAL' : row.geo_system === '34' ? 'GSO-2025' : 'GSO-2004';
  const code = level === 'NATIONAL' ? null : orNull(row.entity_code);
  return {
    level,
    year: Number(row.year),
    entityName: row.entity ?? '',
    entityKey: code === null ? null : `${codeSystem}:${code}`,
    measureCode: row.measure === 'overall' ? 'INDEX' : (row.measure ?? ''),
    peerGroupCode: PEER_GROUPS[row.peer_group ?? ''] ?? GEO_SYSTEMS[row.geo_system ?? ''] ?? orNull(row.peer_group),
    value: orNull(row.score),
    rank: row.rank ? Number(row.rank) : null,
    certainty: row.certainty ?? '',
    citation: row.source ?? '',
    url: orNull(row.source_url),
    note: orNull(row.note),
  };
}
