import type { SourcePage } from '../domain/connector.js';
import { canonicalJson, sha256 } from './hash.js';
import type { ReadPage, ReadRecord, ReadReject, ReadSkip } from './readPage.js';
import type { createRecordResolver, ResolvedRecord } from './resolve.js';
import { cleanText, readStorable } from './storable.js';

/** A field may hold a novel; the raw row has it whole. */
const MAX_MESSAGE_CHARS = 300;

/** What became of the records of a page. */
export type PageAccount = Pick<ReadPage, 'records' | 'rejected' | 'skipped' | 'rawRows'>;

/** How the records of a run are accounted for. */
export interface AccountOptions {
  readonly resolve: ReturnType<typeof createRecordResolver>;
  /** Applied to what people will see. */
  readonly redact: (text: string) => string;
  /** False = somebody else looks for identities that come twice, such as the store of a run that may be longer than the memory. */
  readonly checksUnique: boolean;
}

/**
 * Makes the function that accounts for every record of a page, in order: resolved, rejected, or skipped by a named rule. An identity (entity, indicator,
 * period) counts once per run: the same figure again is skipped (`duplicate_identical`), another one is rejected (`unique`), for nobody can say
 * which of the two is right.
 */
export function createAccountant({ resolve, redact, checksUnique }: AccountOptions): (page: SourcePage) => PageAccount {
  const known = new Map<string, string>();
  return (page) => {
    const records: ReadRecord[] = [];
    const rejected: ReadReject[] = [];
    const skipped: ReadSkip[] = [];
    const texts = page.rows.map(({ raw }) => canonicalJson(raw));
    const rawRows = hideSecrets(texts, redact);
    for (const [row, { records: carried }] of page.rows.entries()) {
      const rowHash = sha256(texts[row] ?? '');
      const reject = (rule: string, message: string): void => {
        const raw = readStorable(rawRows[row] ?? '');
        rejected.push({ row, rowHash, raw, rule, message: shorten(redact(message)) });
      };
      if (carried.length === 0) skipped.push({ row, rule: 'no_records' });
      for (const carriedRecord of carried) {
        const record = carriedRecord.kind === 'record' ? resolve(carriedRecord) : carriedRecord;
        if (record.kind === 'skipped') skipped.push({ row, rule: record.rule });
        else if (record.kind === 'rejected') reject(record.rule, record.message);
        else if (!checksUnique) records.push({ ...record, row, rowHash });
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
    return { records, rejected, skipped, rawRows };
  };
}

function writeFigure(record: ResolvedRecord): string {
  if (record.deleted) return 'deleted';
  const figure = record.value ?? `${record.numerator ?? ''}/${record.denominator ?? ''}`;
  return `${figure} (${record.obsStatus})`;
}

/** Rows with the secrets that a source may echo hidden. Looked for in all rows at once, since hardly any page has one. */
function hideSecrets(rows: readonly string[], redact: (text: string) => string): readonly string[] {
  const text = rows.join('\n');
  return redact(text) === text ? rows : rows.map(redact);
}

function shorten(message: string): string {
  return cleanText(message.length > MAX_MESSAGE_CHARS ? `${message.slice(0, MAX_MESSAGE_CHARS)}…` : message);
}
