import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { describeError } from '../domain/errors.js';
import { roundCode } from '../domain/round.js';
import { readFramework } from './readFrameworkFile.js';
import { readJson, readTable, type Shaped } from './readShape.js';
import type {
  EntityContent,
  ReferenceContent,
  ReferenceRow,
  RoundContent,
  SuccessionContent,
} from './referenceContent.js';
import {
  FRAMEWORK_FILE,
  MINISTRY_ROW,
  POLICIES_FILE,
  PROVINCE_34_ROW,
  PROVINCE_63_ROW,
  RESULT_ROW,
  ROUNDS_FILE,
} from './referenceShape.js';

type Province63 = z.output<typeof PROVINCE_63_ROW>;
type Province34 = z.output<typeof PROVINCE_34_ROW>;
type Ministry = z.output<typeof MINISTRY_ROW>;
type RoundsFile = z.output<typeof ROUNDS_FILE>;

/** The content of the files, and what could not be read of them. */
export interface ReferenceFiles {
  readonly content: ReferenceContent;
  /** Parts of the content that lack something, because a file of theirs has problems. */
  readonly incomplete: ReadonlySet<keyof ReferenceContent>;
  /** One line each: file, place and what is wrong. */
  readonly problems: readonly string[];
}

/**
 * Reads the reference files of a folder, all of `frameworks/*.json` among them; checks their shape and nothing beyond it.
 * @param currentYear the year of the round that the files call CURRENT
 */
export async function readReferenceFiles(folder: string, currentYear: number): Promise<ReferenceFiles> {
  const problems: string[] = [];
  const incomplete = new Set<keyof ReferenceContent>();
  const read = async <T>(
    file: string,
    part: keyof ReferenceContent,
    decode: (text: string) => Shaped<T>,
  ): Promise<T | null> => {
    const { value, problems: found } = await readFile(join(folder, file), 'utf8')
      .then(decode)
      .catch((error: unknown): Shaped<null> => ({ value: null, problems: [describeError(error)] }));
    if (found.length > 0) incomplete.add(part);
    problems.push(...found.map((problem) => `${file}: ${problem}`));
    return value;
  };
  const table = async <Shape extends z.ZodObject>(file: string, part: keyof ReferenceContent, shape: Shape) =>
    (await read(file, part, (text) => readTable(text, shape))) ?? [];
  const json = <Shape extends z.ZodType>(file: string, part: keyof ReferenceContent, shape: Shape) =>
    read(file, part, (text) => readJson(text, shape));

  const provinces63 = await table('entities/provinces-63.csv', 'entities', PROVINCE_63_ROW);
  const provinces34 = await table('entities/provinces-34.csv', 'entities', PROVINCE_34_ROW);
  const ministries = await table('entities/ministries.csv', 'entities', MINISTRY_ROW);
  const entities = [...provinces63.map(province63), ...provinces34.map(province34), ...ministries.map(ministry)];
  const frameworks = [];
  for (const file of await listFrameworks(folder)) {
    const framework = await json(file, 'frameworks', FRAMEWORK_FILE);
    if (framework !== null) frameworks.push(readFramework(framework));
  }
  const roundsFile = (await json('rounds.json', 'peerGroups', ROUNDS_FILE)) ?? { peerGroups: [], rounds: [] };
  const policies = (await json('policies.json', 'policies', POLICIES_FILE))?.policies ?? [];
  const references = await table('references/published-results.csv', 'references', RESULT_ROW);
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
    rounds: readRounds(roundsFile, entities, currentYear),
    policies,
    references: references.map(reference),
  };
  return { content, incomplete, problems };
}

/** In code order; a folder that is not there has none, which the rounds complain of. */
async function listFrameworks(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, 'frameworks')).catch(() => []);
  return names
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => `frameworks/${name}`);
}

function province(row: Province63 | Province34, codeSystem: string) {
  return {
    key: `${codeSystem}:${row.code}`,
    codeSystem,
    code: row.code,
    level: 'PROVINCE' as const,
    kind: row.type,
    name: { vi: row.name_vi.normalize('NFC'), en: row.name_en },
    regionKey: `${codeSystem}:${row.region_code}`,
    populationCertainty: row.population_certainty,
    note: row.notes,
  };
}

function province63(row: Province63): EntityContent {
  const dates = { validFrom: null, validTo: row.valid_to };
  return { ...province(row, 'GSO-2004'), ...dates, populationThousand: row.population_2019_thousand };
}

function province34(row: Province34): EntityContent {
  const common = province(row, 'GSO-2025');
  return {
    ...common,
    kind: row.type_changed_to ?? common.kind,
    validFrom: row.valid_from,
    validTo: null,
    populationThousand: row.population_2025_thousand,
  };
}

function ministry(row: Ministry): EntityContent {
  return {
    key: `CENTRAL:${row.code}`,
    codeSystem: 'CENTRAL',
    code: row.code,
    level: 'MINISTRY',
    kind: row.kind,
    name: { vi: row.name_vi.normalize('NFC'), en: row.name_en },
    regionKey: null,
    validFrom: row.valid_from,
    validTo: row.valid_to,
    populationThousand: null,
    populationCertainty: null,
    note: row.notes,
  };
}

function regions(rows: readonly (Province63 | Province34)[], codeSystem: string) {
  const found = new Map(rows.map((row) => [row.region_code, row]));
  return [...found].map(([code, row]) => ({
    key: `${codeSystem}:${code}`,
    codeSystem,
    code,
    name: { vi: row.region_vi, en: row.region_en },
  }));
}

function predecessors(row: Province34): SuccessionContent[] {
  return row.predecessors.split(';').map((code) => ({
    predecessor: `GSO-2004:${code}`,
    successor: `GSO-2025:${row.code}`,
    kind: row.merged === 'true' ? 'MERGED' : 'UNCHANGED',
    on: row.valid_from,
  }));
}

function successor(row: Ministry): SuccessionContent[] {
  if (row.successor === null || row.merged_on === null) return [];
  const [predecessor, next] = [`CENTRAL:${row.code}`, `CENTRAL:${row.successor}`];
  return [{ predecessor, successor: next, kind: 'MERGED', on: row.merged_on }];
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
            : group.members.toSorted().map((code) => `${group.codeSystem}:${code}`),
      })),
    };
  });
}

const PEER_GROUPS = {
  WITH_PUBLIC_SERVICES: 'MINISTRY_WITH_SERVICES',
  WITHOUT_PUBLIC_SERVICES: 'MINISTRY_WITHOUT_SERVICES',
} as const;
const GEO_SYSTEMS = { '63': 'PROVINCE_63', '34': 'PROVINCE_34' } as const;

function reference(row: z.output<typeof RESULT_ROW>): ReferenceRow {
  const level = row.index_level;
  const codeSystem = level === 'MINISTRY' ? 'CENTRAL' : row.geo_system === '34' ? 'GSO-2025' : 'GSO-2004';
  const code = level === 'NATIONAL' ? null : row.entity_code;
  const territory = row.geo_system === '' ? null : GEO_SYSTEMS[row.geo_system];
  return {
    level,
    year: row.year,
    entityName: row.entity,
    entityKey: code === null ? null : `${codeSystem}:${code}`,
    measureCode: row.measure === 'overall' ? 'INDEX' : row.measure,
    peerGroupCode: row.peer_group === '' ? territory : PEER_GROUPS[row.peer_group],
    value: row.score,
    rank: row.rank === null ? null : Number(row.rank),
    certainty: row.certainty,
    citation: row.source,
    url: row.source_url,
    note: row.note,
  };
}
