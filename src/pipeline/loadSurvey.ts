import { CsvError, parse } from 'csv-parse/sync';
import type { Catalogue } from '../domain/catalogue.js';
import { PlatformError } from '../domain/errors.js';
import { writeAudit } from '../store/audit.js';
import { holdRoundStatus, lockSource } from '../store/lock.js';
import { type NewObservation, writeObservations } from '../store/observation.js';
import type { Database } from '../store/orm.js';
import { nextChangeId, takeRevision } from '../store/revision.js';
import { SourceTable } from '../store/tables/source.js';
import { SURVEY } from './source.js';
import { checkFigure } from './submit.js';
import { roundsTouched } from './touchedRound.js';

const COLUMNS = ['round', 'code_system', 'entity', 'indicator', 'value', 'numerator', 'denominator'];

/** A line of the file with its number as editors count. */
interface SurveyLine {
  readonly number: number;
  readonly cells: Readonly<Record<string, string>>;
}

const orNull = (text: string | undefined) => (text === undefined || text === '' ? null : text);

/**
 * Loads a survey file: CSV with the columns round, code_system, entity, indicator, value, numerator, denominator in any order; others, such as the number
 * of respondents, are for the reader of the file. All lines or none; the same file a second time changes nothing.
 * @returns observations written
 * @throws PlatformError ROUND_ITEM_INVALID with every problem, ROUND_STATE when a round is published
 */
export async function loadSurvey(database: Database, catalogue: Catalogue, csv: string, now: Date): Promise<number> {
  const problems: string[] = [];
  const roundIds = new Set<number>();
  const lineOf = new Map<string, number>();
  const observations = readLines(csv).flatMap(({ number, cells: row }): NewObservation[] => {
    const say = (text: string) => {
      problems.push(`line ${number}: ${text}`);
      return [];
    };
    const round = catalogue.roundByCode(row.round ?? '');
    if (round === undefined) return say(`there is no round "${row.round}"`);
    const entity = catalogue.entityByKey(`${row.code_system}:${row.entity}`);
    if (entity === undefined) return say(`there is no entity "${row.code_system}:${row.entity}"`);
    if (!round.groups.some(({ entityIds }) => entityIds.includes(entity.id)))
      return say(`"${row.code_system}:${row.entity}" is not a member of ${round.code}`);
    const measure = catalogue.measureByCode(round.frameworkCode, row.indicator ?? '');
    if (measure === undefined || measure.indicator === null)
      return say(`"${row.indicator}" is not an indicator of ${round.frameworkCode}`);
    const figure = { value: orNull(row.value), numerator: orNull(row.numerator), denominator: orNull(row.denominator) };
    const problem = checkFigure(figure, measure);
    if (problem !== null) return say(`${measure.code} ${problem}`);
    const identity = `${round.year} ${entity.id} ${measure.id}`;
    const before = lineOf.get(identity);
    if (before !== undefined) return say(`${measure.code} of "${row.entity}" is on line ${before} already`);
    lineOf.set(identity, number);
    roundIds.add(round.id);
    return [
      {
        ...figure,
        entityId: entity.id,
        indicatorId: measure.id,
        year: round.year,
        period: String(round.year),
        obsStatus: 'A',
        tombstone: false,
        publishedAt: null,
        pageSequence: null,
        rowNumber: number,
        rowHash: null,
        submissionItemId: null,
      },
    ];
  });
  if (problems.length > 0) throw invalid(problems);
  return database.fork().transactional(async (em) => {
    const source = await em.findOneOrFail(SourceTable, { key: SURVEY.key });
    await lockSource(em, source.id);
    const statuses = await holdRoundStatus(em, [...roundIds]);
    const closed = [...roundIds].filter((id) => statuses.get(id) === 'PUBLISHED');
    if (closed.length > 0) {
      const codes = closed.map((id) => catalogue.round(id)?.code).join(', ');
      throw new PlatformError('ROUND_STATE', `Published rounds take no survey figures: ${codes}.`);
    }
    const changeId = await nextChangeId(em);
    const origin = { sourceId: source.id, syncRunId: null, retrievedAt: now, changeId };
    const { written, superseded, touched } = await writeObservations(em, origin, observations);
    if (touched.length > 0) {
      const roundIds = roundsTouched(catalogue, touched);
      const details = { observations: written + superseded };
      await writeAudit(em, { viewer: null, action: 'loadSurvey', target: `Source:${SURVEY.key}`, details });
      await takeRevision(em, { changeId, kind: 'OBSERVATIONS', roundIds, sourceId: source.id });
    }
    return written + superseded;
  });
}

/** @throws PlatformError ROUND_ITEM_INVALID when the text is not CSV or lacks a column */
function readLines(csv: string): SurveyLine[] {
  try {
    const lines: { record: Record<string, string>; info: { lines: number } }[] = parse(csv, {
      bom: true,
      skip_empty_lines: true,
      info: true,
      columns(header: string[]) {
        const missing = COLUMNS.filter((column) => !header.includes(column));
        if (missing.length > 0) throw invalid([`line 1: there is no column ${missing.join(', ')}`]);
        return header;
      },
    });
    return lines.map(({ record, info }) => ({ number: info.lines, cells: record }));
  } catch (error) {
    if (error instanceof CsvError) throw invalid([`line ${error.lines}: ${error.message}`], error);
    throw error;
  }
}

function invalid(problems: readonly string[], cause?: unknown): PlatformError {
  const text = problems.slice(0, 50).join('\n');
  return new PlatformError('ROUND_ITEM_INVALID', `The survey file cannot be taken in:\n${text}`, {
    details: { problems },
    cause,
  });
}
