import type { ConnectorSpec } from '../domain/connector.js';
import type { SourceStatus } from '../domain/source.js';
import type { Database } from '../store/orm.js';
import { nextChangeId, takeRevision } from '../store/revision.js';
import { SourceTable } from '../store/tables/source.js';

/** What a source says of itself, as far as the platform keeps it. */
export type SourceDescription = Pick<
  ConnectorSpec,
  'key' | 'name' | 'owner' | 'kind' | 'simulated' | 'version' | 'citation' | 'licence' | 'freshnessLimitSeconds'
>;

const ILLUSTRATIVE = 'Illustrative data, no rights reserved';
const NOT_STATED = 'Not stated';

/**
 * The source of figures that bodies report about themselves.
 * @param simulated true = the figures are those of the demonstration
 */
export function selfReportSource(simulated: boolean): SourceDescription {
  return {
    key: 'self_report',
    name: { vi: 'Báo cáo tự đánh giá của các cơ quan', en: 'Self-reports of the assessed bodies' },
    owner: 'The assessed bodies',
    kind: 'SELF_REPORT',
    simulated,
    version: 1,
    citation: `Self-reports with evidence, reviewed${simulated ? '; simulated for the demonstration' : ''}.`,
    licence: simulated ? ILLUSTRATIVE : NOT_STATED,
    freshnessLimitSeconds: null,
  };
}

/**
 * The source of figures from surveys of citizens, enterprises and officials.
 * @param simulated true = the figures are those of the demonstration
 */
export function surveySource(simulated: boolean): SourceDescription {
  return {
    key: 'dti_survey',
    name: { vi: 'Khảo sát người dân, doanh nghiệp', en: 'Survey of citizens and enterprises' },
    owner: 'National Digital Transformation Agency',
    kind: 'SURVEY',
    simulated,
    version: 1,
    citation: `Survey results per body${simulated ? '; simulated for the demonstration' : ''}.`,
    licence: simulated ? ILLUSTRATIVE : NOT_STATED,
    freshnessLimitSeconds: null,
  };
}

/** {@link selfReportSource} of the demonstration. */
export const SELF_REPORT: SourceDescription = selfReportSource(true);

/** {@link surveySource} of the demonstration. */
export const SURVEY: SourceDescription = surveySource(true);

/** Registers a source or brings its description up to date. Takes a revision only when something changed. */
export async function registerSource(
  database: Database,
  description: SourceDescription,
  status: SourceStatus,
  now: Date,
): Promise<number> {
  const { key, name, ...rest } = description;
  return database.fork().transactional(async (em) => {
    const columns = { ...rest, nameVi: name.vi, nameEn: name.en, status };
    const known = await em.findOne(SourceTable, { key });
    if (known !== null && Object.entries(columns).every(([column, value]) => Reflect.get(known, column) === value)) {
      return known.id;
    }
    const source =
      known === null ? em.create(SourceTable, { key, ...columns, createdAt: now }) : em.assign(known, columns);
    await em.flush();
    const changeId = await nextChangeId(em);
    await takeRevision(em, { changeId, kind: 'SOURCE', roundIds: [], sourceId: source.id });
    return source.id;
  });
}
