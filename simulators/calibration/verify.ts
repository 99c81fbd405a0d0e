import type { EntityScore, Figure, Figures } from './arithmetic.js';
import { meanOf, rankGroup, scoreGroup } from './arithmetic.js';
import { figureFileName, readFigures } from './figureFile.js';
import { type Framework, readFramework, scoredIndexes } from './framework.js';
import { readMergedPlaces, readPlaces, readRounds } from './place.js';
import { classifyReference, type Reference, readReferences } from './reference.js';

/** Result of checking the written files. */
export interface Verification {
  /** Published rows that had to be met (226) and were met. */
  readonly rows: number;
  readonly met: number;
  /** What is wrong, one sentence each; empty when all is well. */
  readonly differences: readonly string[];
}

/** Scores of one peer group in one year, computed from the files. */
interface Scored {
  readonly level: 'province' | 'ministry';
  readonly year: number;
  readonly peerGroup: string;
  readonly scores: Map<string, EntityScore>;
}

/** Overall values that are not tied differ by at least this, so that they also differ in print. */
const SMALLEST_GAP = 1.1e-4;
/** A printed value stays this far from the next rounding boundary. */
const ROUNDING_ROOM = 1e-6;

/**
 * Re-computes every published row of 2021-2023 and the facts of the contract from the written files alone.
 * @param root the project's root folder
 * @param folder where the figure files are
 */
export function verifyFigures(root: string, folder: string): Verification {
  const differences: string[] = [];
  const places = readPlaces(root).map(({ code }) => code);
  const groups: Scored[] = [];
  for (const round of readRounds(root)) {
    const framework = readFramework(root, round.framework);
    const file = figureFileName(round.level, round.year === 'CURRENT' ? 'OPEN' : round.year);
    const figures = readFigures(`${folder}/${file}`);
    const expected = new Set<string>();
    for (const { peerGroup, members } of round.groups) {
      const all = round.year === 'CURRENT' ? readMergedPlaces(root).map(({ code }) => code) : places;
      const entities = members === 'ALL' ? all : members;
      for (const entity of entities) expected.add(entity);
      const own = new Map([...figures].filter(([entity]) => entities.includes(entity)));
      const withServices = peerGroup !== 'MINISTRY_WITHOUT_SERVICES';
      differences.push(...checkFigures(file, framework, own, entities, withServices));
      if (differences.some((text) => text.includes('no figure'))) continue;
      const scores = scoreGroup(framework, own);
      differences.push(...checkGaps(file, scores));
      if (round.year === 'CURRENT') continue;
      groups.push({ level: round.level === 'PROVINCE' ? 'province' : 'ministry', year: round.year, peerGroup, scores });
    }
    for (const entity of figures.keys()) {
      if (!expected.has(entity)) differences.push(`${file}: ${entity} is no member of the round.`);
    }
  }
  const reachable = readReferences(root).filter((row) => classifyReference(row).reachable);
  let met = 0;
  for (const row of reachable) {
    const problem = checkReference(row, groups);
    if (problem === null) met += 1;
    else differences.push(problem);
  }
  differences.push(...checkFacts(groups));
  return { rows: reachable.length, met, differences };
}

function roundTo4(value: number): string {
  return value.toFixed(4);
}

/** Compares one published row with the scores; null when it is met. */
function checkReference(row: Reference, groups: readonly Scored[]): string | null {
  const name = `${row.level} ${row.year} ${row.entityCode || row.entity} ${row.measure}`;
  const group = groups.find(
    (candidate) =>
      candidate.level === row.level && candidate.year === row.year && candidate.peerGroup === row.peerGroup,
  );
  if (group === undefined) return `${name}: no scores of its peer group.`;
  const value =
    row.entity === 'average'
      ? meanOf(group.scores, row.measure)
      : group.scores.get(row.entityCode)?.values.get(row.measure);
  if (value === undefined) return `${name}: no value.`;
  if (row.score !== null) {
    if (roundTo4(value) !== roundTo4(row.score)) return `${name}: ${value} instead of ${row.score}.`;
    if (Math.abs(value - row.score) > 5e-5 - ROUNDING_ROOM) return `${name}: ${value} is too near a rounding boundary.`;
  }
  if (row.rank !== null) {
    const rank = rankGroup(group.scores, row.measure).get(row.entityCode);
    if (rank !== row.rank) return `${name}: rank ${rank} instead of ${row.rank}.`;
  }
  return null;
}

/** Facts of the contract that are no row of the CSV: the first five of 2022, and three changes from 2021 to 2022. */
function checkFacts(groups: readonly Scored[]): string[] {
  const find = (peerGroup: string, year: number): Map<string, EntityScore> =>
    groups.find((group) => group.peerGroup === peerGroup && group.year === year)?.scores ?? new Map();
  const problems: string[] = [];
  const ranks = rankGroup(find('MINISTRY_WITH_SERVICES', 2022), 'overall');
  const first = [...ranks].sort((one, two) => one[1] - two[1]).map(([entity]) => entity);
  if (first.slice(0, 5).join() !== 'MPI,MOF,MONRE,SBV,VSS') problems.push(`First ministries of 2022: ${first.join()}.`);
  const overall = (group: string, year: number, entity: string): number =>
    find(group, year).get(entity)?.values.get('overall') ?? Number.NaN;
  const change = overall('MINISTRY_WITH_SERVICES', 2022, 'MPI') - overall('MINISTRY_WITH_SERVICES', 2021, 'MPI');
  if (roundTo4(change) !== '0.2093') problems.push(`Change of MPI from 2021 to 2022: ${change} instead of 0.2093.`);
  const before = rankGroup(find('PROVINCE_63', 2021), 'overall').get('74') ?? 0;
  const after = rankGroup(find('PROVINCE_63', 2022), 'overall').get('74') ?? 0;
  if (before - after !== 3) problems.push(`Change of rank of 74 from 2021 to 2022: ${before} to ${after}.`);
  const tie = ['38', '15'].map((entity) => Math.round(overall('PROVINCE_63', 2022, entity) * 1e12));
  if (tie[0] !== tie[1]) problems.push(`38 and 15 are not tied in 2022: ${tie.join(' and ')}.`);
  return problems;
}

/** Any two overall values of a group are equal (after quantising) or far enough apart. */
function checkGaps(file: string, scores: ReadonlyMap<string, EntityScore>): string[] {
  const sorted = [...scores]
    .map(([entity, score]) => ({ entity, value: score.values.get('overall') ?? 0 }))
    .sort((one, two) => two.value - one.value);
  return sorted.flatMap(({ entity, value }, position) => {
    const next = sorted[position + 1];
    if (next === undefined || value - next.value >= SMALLEST_GAP) return [];
    const isTie = Math.round(value * 1e12) === Math.round(next.value * 1e12);
    const isPublishedTie = ['15', '38'].includes(entity) && ['15', '38'].includes(next.entity) && file.includes('2022');
    return isTie && isPublishedTie
      ? []
      : [`${file}: ${entity} and ${next.entity} are only ${value - next.value} apart.`];
  });
}

/** Completeness, form, and denominators that carry the same label. */
function checkFigures(
  file: string,
  framework: Framework,
  figures: Figures,
  entities: readonly string[],
  withServices: boolean,
): string[] {
  const problems: string[] = [];
  const expected = framework.mainIndexes
    .flatMap(({ indicators }) => indicators)
    .filter(({ code }) => withServices || !framework.notApplicable.has(code));
  for (const entity of entities) {
    const row = figures.get(entity) ?? new Map<string, Figure>();
    if (row.size > expected.length) problems.push(`${file}: ${entity} has figures it cannot have.`);
    const counts = new Map<string, number>();
    for (const { code, rule } of expected) {
      const figure = row.get(code);
      if (figure === undefined) {
        problems.push(`${file}: ${entity} has no figure for ${code}.`);
        continue;
      }
      if ('value' in figure) {
        if (rule.kind === 'ratio') problems.push(`${file}: ${entity} ${code} needs a numerator and a denominator.`);
        if (rule.kind === 'yes_no' && figure.value !== 0 && figure.value !== 1) {
          problems.push(`${file}: ${entity} ${code} is ${figure.value}, not 0 or 1.`);
        }
        continue;
      }
      const { numerator, denominator } = figure;
      const isWhole = Number.isInteger(numerator) && Number.isInteger(denominator);
      if (!isWhole || numerator < 0 || denominator <= 0 || numerator > denominator) {
        problems.push(`${file}: ${entity} ${code} is ${numerator} of ${denominator}.`);
      }
      if (rule.kind !== 'ratio') continue;
      for (const [label, count] of [
        [rule.denominator, denominator],
        ...(isDenominator(framework, rule.numerator) ? [[rule.numerator, numerator] as const] : []),
      ] as const) {
        const known = counts.get(label);
        if (known !== undefined && known !== count) {
          problems.push(`${file}: ${entity} has ${known} and ${count} for "${label}" (${code}).`);
        }
        counts.set(label, count);
      }
    }
  }
  return problems;
}

function isDenominator(framework: Framework, label: string): boolean {
  return scoredIndexes(framework).some(({ indicators }) =>
    indicators.some(({ rule }) => rule.kind === 'ratio' && rule.denominator === label),
  );
}
