import { parse } from 'csv-parse/sync';
import type { Catalogue } from '../domain/catalogue.js';
import { PlatformError } from '../domain/errors.js';
import { type NewObservation, writeObservations } from '../store/observation.js';
import type { Database } from '../store/orm.js';
import { nextChangeId, takeRevision } from '../store/revision.js';
import { RoundTable } from '../store/tables/round.js';
import { SourceTable } from '../store/tables/source.js';
import { SURVEY } from './source.js';
import { checkFigure } from './submit.js';
import { roundsTouched } from './touchedRound.js';

const orNull = (text: string | undefined) => (text === undefined || text === '' ? null : text);

/**
 * Loads a survey file: CSV with the columns round, code_system, entity, indicator, respondents, value, numerator, denominator. All lines or none; the
 * same file a second time changes nothing.
 * @returns observations written
 * @throws PlatformError ROUND_ITEM_INVALID with every problem, ROUND_STATE when a round is published
 */
export async function loadSurvey(database: Database, catalogue: Catalogue, csv: string, now: Date): Promise<number> {
  const rows: Record<string, string>[] = parse(csv, { columns: true, bom: true, skip_empty_lines: true });
  const problems: string[] = [];
  const roundCodes = new Set<string>();
  const lineOf = new Map<string, number>();
  const observations = rows.flatMap((row, at): NewObservation[] => {
    const say = (text: string) => {
      problems.push(`line ${at + 2}: ${text}`);
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
    lineOf.set(identity, at + 2);
    roundCodes.add(round.code);
    return [
      {
        ...figure,
        ...{ entityId: entity.id, indicatorId: measure.id, year: round.year, period: String(round.year) },
        ...{ obsStatus: 'A', tombstone: false, publishedAt: null },
        ...{ pageSequence: null, rowNumber: at + 1, rowHash: null, submissionItemId: null },
      },
    ];
  });
  if (problems.length > 0) {
    throw new PlatformError(
      'ROUND_ITEM_INVALID',
      `The survey file cannot be taken in:\n${problems.slice(0, 50).join('\n')}`,
      {
        details: { problems },
      },
    );
  }
  return database.fork().transactional(async (em) => {
    const source = await em.findOneOrFail(SourceTable, { key: SURVEY.key });
    await em.execute('select pg_advisory_xact_lock(7309, ?)', [source.id]);
    const closed = await em.find(RoundTable, { code: { $in: [...roundCodes] }, status: 'PUBLISHED' });
    if (closed.length > 0) {
      const codes = closed.map(({ code }) => code).join(', ');
      throw new PlatformError('ROUND_STATE', `Published rounds take no survey figures: ${codes}.`);
    }
    const changeId = await nextChangeId(em);
    const origin = { sourceId: source.id, syncRunId: null, retrievedAt: now, changeId };
    const { written, superseded, touched } = await writeObservations(em, origin, observations);
    if (touched.length > 0) {
      const roundIds = roundsTouched(catalogue, touched);
      await takeRevision(em, { changeId, kind: 'OBSERVATIONS', roundIds, sourceId: source.id });
    }
    return written + superseded;
  });
}
