import type { SourcePage } from '../domain/connector.js';
import { canonicalJson, sha256 } from './hash.js';
import type { ReadPage, ReadRecord, ReadReject, ReadSkip } from './readPage.js';
import type { createRecordResolver, ResolvedRecord } from './resolve.js';

/** A field may hold a novel; the raw row has it whole. */
const MAX_MESSAGE_CHARS = 300;

/** What became of the records of a page. */
export type PageAccount = Pick<ReadPage, 'records' | 'rejected' | 'skipped'>;

/**
 * Makes the function that accounts for every record of a page, in order: resolved, rejected, or skipped by a named rule. An identity (entity, indicator,
 * period) counts once per run: the same figure again is skipped (`duplicate_identical`), another one is rejected (`unique`), for nobody can say
 * which of the two is right.
 * @param redact applied to what people will see
 */
export function createAccountant(
  resolve: ReturnType<typeof createRecordResolver>,
  redact: (text: string) => string,
): (page: SourcePage) => PageAccount {
  const known = new Map<string, string>();
  return (page) => {
    const records: ReadRecord[] = [];
    const rejected: ReadReject[] = [];
    const skipped: ReadSkip[] = [];
    for (const [row, { raw, records: carried }] of page.rows.entries()) {
      const json = canonicalJson(raw);
      const rowHash = sha256(json);
      const reject = (rule: string, message: string): void => {
        rejected.push({ row, rowHash, raw: hideSecrets(json, redact), rule, message: shorten(redact(message)) });
      };
      if (carried.length === 0) skipped.push({ row, rule: 'no_records' });
      for (const carriedRecord of carried) {
        const record = carriedRecord.kind === 'record' ? resolve(carriedRecord) : carriedRecord;
        if (record.kind === 'skipped') skipped.push({ row, rule: record.rule });
        else if (record.kind === 'rejected') reject(record.rule, record.message);
        else {
          const identity = `${record.entityId} ${record.indicatorId} ${record.period}`;
          const figure = writeFigure(record);
          const before = known.get(identity);
          if (before === undefined) {
            known.set(identity, figure);
            records.push({ ...record, row, rowHash });
          } else if (before === figure) skipped.push({ row, rule: 'duplicate_identical' });
          else
            reject(
              'unique',
              `the run has two figures for the same entity, indicator and period: ${before} and ${figure}`,
            );
        }
      }
    }
    return { records, rejected, skipped };
  };
}

function writeFigure(record: ResolvedRecord): string {
  if (record.deleted) return 'deleted';
  const figure = record.value ?? `${record.numerator ?? ''}/${record.denominator ?? ''}`;
  return `${figure} (${record.obsStatus})`;
}

/** The row as data again, with the secrets that a source may echo hidden. */
function hideSecrets(json: string, redact: (text: string) => string): unknown {
  const hidden = redact(json);
  try {
    return makeStorable(JSON.parse(hidden));
  } catch {
    // A secret that is a number or a piece of punctuation leaves no JSON behind.
    return cleanText(hidden);
  }
}

/** Texts and member names that a database takes; one NUL in a bad row would otherwise stop the run that quarantines it. */
function makeStorable(data: unknown): unknown {
  if (typeof data === 'string') return cleanText(data);
  if (Array.isArray(data)) return data.map(makeStorable);
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, member]) => [cleanText(key), makeStorable(member)]));
}

/** PostgreSQL has neither NUL nor half a surrogate pair in its texts. */
function cleanText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}

function shorten(message: string): string {
  return cleanText(message.length > MAX_MESSAGE_CHARS ? `${message.slice(0, MAX_MESSAGE_CHARS)}…` : message);
}
