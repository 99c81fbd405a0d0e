import type { Catalogue } from '../domain/catalogue.js';
import { canonicalDecimal } from '../domain/decimal.js';
import { PlatformError } from '../domain/errors.js';
import type { Measure } from '../domain/framework.js';
import { type Figure, isMissing } from '../domain/observation.js';
import type { AssessmentRound } from '../domain/round.js';
import type { Submission, SubmissionItem } from '../domain/submission.js';
import { canonicalText } from '../proof/canonical.js';
import { sha256Hex } from '../proof/hash.js';
import { writeAudit } from '../store/audit.js';
import { holdRoundStatus, lockSource } from '../store/lock.js';
import { type NewObservation, writeObservations } from '../store/observation.js';
import type { Database } from '../store/orm.js';
import { nextChangeId, takeRevision } from '../store/revision.js';
import { insertSubmissions, type NewSubmission, type StoredItem } from '../store/submission.js';
import { SourceTable } from '../store/tables/source.js';
import { SELF_REPORT } from './source.js';
import { roundsTouched } from './touchedRound.js';

/** What became of a batch of self-reports. */
export interface SubmitOutcome {
  /** Self-reports that were new. */
  readonly submissions: number;
  /** Observations that their accepted items became. */
  readonly observations: number;
}

/**
 * Takes in reviewed self-reports of open rounds: all of a call or none. Accepted and adjusted items become observations; drafts, submitted and returned
 * ones are kept with their claims. A self-report that says what the newest one of the same body and round says changes nothing.
 * @throws PlatformError ROUND_ITEM_INVALID with every problem, ROUND_STATE, NOT_FOUND
 */
export async function submit(
  database: Database,
  catalogue: Catalogue,
  submissions: readonly Submission[],
  now: Date,
): Promise<SubmitOutcome> {
  const problems = [
    ...submissions.flatMap((submission) => checkSubmission(catalogue, submission)),
    ...findRivals(submissions),
  ];
  if (problems.length > 0) {
    const lines = problems.slice(0, 50).map((problem) => `  ${problem}`);
    throw new PlatformError('ROUND_ITEM_INVALID', `Self-reports cannot be taken in:\n${lines.join('\n')}`, {
      details: { problems },
    });
  }
  return database.fork().transactional(async (em) => {
    const source = await em.findOneOrFail(SourceTable, { key: SELF_REPORT.key });
    await lockSource(em, source.id);
    const incoming = submissions.map((submission) => resolve(catalogue, submission, now));
    const statuses = await holdRoundStatus(em, [...new Set(incoming.map(({ roundId }) => roundId))]);
    for (const { roundId } of incoming) {
      const status = statuses.get(roundId);
      if (status === 'OPEN' || status === 'VERIFYING') continue;
      const code = catalogue.round(roundId)?.code;
      throw new PlatformError('ROUND_STATE', `The round ${code} is ${status} and takes no self-reports now.`);
    }
    const stored = await insertSubmissions(em, incoming);
    const changeId = await nextChangeId(em);
    const origin = { sourceId: source.id, syncRunId: null, retrievedAt: now, changeId };
    const { written, superseded, touched } = await writeObservations(
      em,
      origin,
      stored.flatMap(toObservations(catalogue)),
    );
    if (stored.length > 0) {
      const codes = [...new Set(submissions.map((each) => each.roundCode))].join(', ');
      const details = { items: stored.length, observations: written + superseded };
      await writeAudit(em, { viewer: null, action: 'submit', target: `AssessmentRound:${codes}`, details });
    }
    if (touched.length > 0) {
      const roundIds = roundsTouched(catalogue, touched);
      await takeRevision(em, { changeId, kind: 'OBSERVATIONS', roundIds, sourceId: source.id });
    }
    return {
      submissions: new Set(stored.map(({ submission }) => submission)).size,
      observations: written + superseded,
    };
  });
}

/** Two self-reports of one body in one call: nobody can say which of them is the later one. Equal ones do no harm. */
function findRivals(submissions: readonly Submission[]): string[] {
  const reports = Map.groupBy(submissions, ({ roundCode, entityKey }) => `${roundCode} ${entityKey}`);
  return [...reports].flatMap(([key, same]) => {
    const contents = new Set(same.map(contentHash));
    return contents.size > 1
      ? [`${key}: ${contents.size} different self-reports in one call; send one after the other`]
      : [];
  });
}

/** Names turned into ids. */
function resolve(catalogue: Catalogue, submission: Submission, now: Date): NewSubmission {
  const round = need(catalogue.roundByCode(submission.roundCode), submission.roundCode);
  return {
    roundId: round.id,
    entityId: need(catalogue.entityByKey(submission.entityKey), submission.entityKey).id,
    reviewer: submission.reviewer,
    simulated: submission.simulated,
    contentHash: contentHash(submission),
    submittedAt: now,
    items: submission.items.map((item) => ({ ...item, indicatorId: indicatorId(catalogue, round, item) })),
  };
}

function indicatorId(catalogue: Catalogue, { frameworkCode }: AssessmentRound, { indicatorCode }: SubmissionItem) {
  return need(catalogue.measureByCode(frameworkCode, indicatorCode), `${frameworkCode} ${indicatorCode}`).id;
}

/** {@link checkSubmission} has seen that all names are known; a name that still is not must not become an id. */
function need<Found>(found: Found | undefined, name: string): Found {
  if (found === undefined) throw new PlatformError('NOT_FOUND', `"${name}" is not in the reference data.`);
  return found;
}

/** SHA-256 over the canonical text of everything that a self-report says, whatever the order of its properties. */
function contentHash({ roundCode, entityKey, reviewer, simulated, items }: Submission): string {
  const content = items.map(({ indicatorCode, claimed, accepted, state, evidence, reviewNote }) => ({
    indicatorCode,
    claimed: { ...claimed },
    accepted: accepted === null ? null : { ...accepted },
    state,
    evidence: evidence.map(({ title, reference }) => ({ title, reference })),
    reviewNote,
  }));
  return sha256Hex(canonicalText({ roundCode, entityKey, reviewer, simulated, items: content }));
}

/** The observation that an accepted item becomes; none for the others. */
function toObservations(catalogue: Catalogue): (stored: StoredItem) => NewObservation[] {
  return ({ id, submission, item: { accepted, indicatorId } }) => {
    if (accepted === null) return [];
    const { year } = need(catalogue.round(submission.roundId), `round ${submission.roundId}`);
    return [
      {
        entityId: submission.entityId,
        indicatorId,
        year,
        period: String(year),
        value: accepted.value,
        numerator: accepted.numerator,
        denominator: accepted.denominator,
        obsStatus: 'A',
        tombstone: false,
        publishedAt: null,
        pageSequence: null,
        rowNumber: null,
        rowHash: null,
        submissionItemId: id,
      },
    ];
  };
}

function checkSubmission(catalogue: Catalogue, submission: Submission): string[] {
  const { roundCode, entityKey, items } = submission;
  const round = catalogue.roundByCode(roundCode);
  if (round === undefined) return [`${roundCode}: there is no such round`];
  const entity = catalogue.entityByKey(entityKey);
  if (entity === undefined || !round.groups.some((group) => group.entityIds.includes(entity.id))) {
    return [`${roundCode} ${entityKey}: not a member of the round`];
  }
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const item of items) {
    const say = (text: string) => problems.push(`${roundCode} ${entityKey} ${item.indicatorCode}: ${text}`);
    const measure = catalogue.measureByCode(round.frameworkCode, item.indicatorCode);
    if (measure?.indicator === null || measure === undefined) {
      say(`not an indicator of ${round.frameworkCode}`);
      continue;
    }
    if (seen.has(item.indicatorCode)) say('appears more than once');
    seen.add(item.indicatorCode);
    const isReviewed = item.state === 'ACCEPTED' || item.state === 'ADJUSTED';
    if (isReviewed !== (item.accepted !== null))
      say(`is ${item.state} ${isReviewed ? 'without' : 'with'} an accepted figure`);
    if (item.state === 'ACCEPTED' && item.accepted !== null && !sameFigure(item.claimed, item.accepted))
      say('is ACCEPTED with another figure than the claimed one; call it ADJUSTED');
    for (const figure of [item.claimed, item.accepted]) {
      const problem = figure === null ? null : checkFigure(figure, measure);
      if (problem !== null) say(problem);
    }
  }
  return problems;
}

/** Equal as numbers: 1.50 is 1.5. */
function sameFigure(one: Figure, other: Figure): boolean {
  const plain = (text: string | null) => (text === null ? null : (canonicalDecimal(text) ?? text));
  return (['value', 'numerator', 'denominator'] as const).every((part) => plain(one[part]) === plain(other[part]));
}

/**
 * Holds a figure against the rule of its indicator.
 * @returns what is wrong; null = nothing
 */
export function checkFigure(figure: Figure, measure: Measure): string | null {
  for (const part of [figure.value, figure.numerator, figure.denominator]) {
    if (part !== null && canonicalDecimal(part) === null) return `"${part}" is not a decimal`;
  }
  if (isMissing(figure)) return 'has neither a value nor both counts';
  const kind = measure.indicator?.rule.kind;
  if (kind === 'RATIO' || kind === 'RATIO_CAPPED') {
    const [numerator, denominator] = [Number(figure.numerator), Number(figure.denominator)];
    if (figure.numerator === null) return 'needs a numerator and a denominator';
    if (!(denominator > 0) || numerator < 0) return `cannot be ${figure.numerator} of ${figure.denominator}`;
    return numerator > denominator ? `claims ${figure.numerator} of only ${figure.denominator}` : null;
  }
  if (figure.value === null) return 'needs a value';
  if (kind === 'YES_NO' && !['0', '1'].includes(figure.value)) return `"${figure.value}" is neither 1 (yes) nor 0 (no)`;
  return Number(figure.value) < 0 ? `"${figure.value}" is below 0` : null;
}
