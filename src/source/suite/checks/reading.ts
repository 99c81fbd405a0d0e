import {
  type Check,
  conclude,
  describeEnds,
  failed,
  failureCode,
  mustNotDiffer,
  notApplicable,
  passed,
} from '../check.js';
import { compareLedgers, Ledger, ledgerOf } from '../ledger.js';
import type { RowChange } from '../rowChange.js';
import { SAMPLE_ROWS } from '../trial.js';

const PREFIX_ROWS = 14;

/** Everything else is compared with what an undisturbed run reads. */
export const reads: Check = {
  name: 'reads',
  title: 'an undisturbed run ends well and has figures',
  async run(bench) {
    const { failure, pages, ledger, rejected } = await bench.full();
    if (failure !== null) return failed(`${failure.code}: ${failure.message}`);
    const seen = `${pages.length} pages, ${ledger.size} figures, ${rejected} rejected`;
    if (ledger.size > 0) return passed(seen);
    const [reject] = pages.flatMap((page) => page.rejected);
    return failed(`${seen}${reject === undefined ? '' : `: ${reject.rule}, ${reject.message}`}`);
  },
};

/** Idempotence: the same input twice writes nothing the second time. */
export const readTwice: Check = {
  name: 'read-twice',
  title: 'reading again gives no new versions, in full and after the cursor',
  async run(bench) {
    const first = await bench.full();
    const ledger = new Ledger();
    ledger.add(first.pages);
    const again = await bench.run({ sample: null, pageSize: null });
    const [size, versions] = [ledger.size, ledger.add(again.pages)];
    const changes = await bench.run({ sample: null, cursors: first.cursors, pageSize: null });
    const later = ledger.add(changes.pages);
    return conclude(
      [
        again.failure === null ? null : `the second run failed: ${again.failure.message}`,
        versions === 0 ? null : `the second run made ${versions} new versions of ${size} figures`,
        again.ledger.size === size ? null : `the second run has ${again.ledger.size} figures and not ${size}`,
        changes.failure === null ? null : `the run after the cursor failed: ${changes.failure.message}`,
        later === 0 ? null : `the run after the cursor made ${later} new versions`,
      ],
      `${size} figures, 0 new versions; after the cursor ${changes.ledger.size} figures, 0 new versions`,
    );
  },
};

/** The size of a page is nothing that a figure depends on. */
export const pageSizes: Check = {
  name: 'page-sizes',
  title: 'pages of 1, 7 and the most rows agree',
  async run(bench) {
    if (!bench.subject.hasPageSize) return notApplicable('the connector does not choose the size of a page');
    const sizes = [null, 7, 1];
    const trials = [];
    for (const pageSize of sizes) trials.push(await bench.run({ pageSize, sample: PREFIX_ROWS }));
    const [most] = trials;
    const problems = trials.flatMap((trial, at) => {
      const name = at === 0 ? 'the most rows' : `${sizes[at]} rows`;
      if (trial.failure !== null) return [`pages of ${name}: ${trial.failure.code}: ${trial.failure.message}`];
      const difference = compareLedgers(most?.ledger ?? new Map(), trial.ledger);
      return [difference === null ? null : `pages of ${name}: ${difference}`];
    });
    const counts = trials.map(({ pages }) => pages.length).join(', ');
    return conclude(problems, `the first ${PREFIX_ROWS} rows of each stream in ${counts} pages, one result`);
  },
};

/** The process may end after any page. */
export const killedAndResumed: Check = {
  name: 'killed-and-resumed',
  title: 'killed after each page and resumed, the result is the same',
  async run(bench) {
    const whole = await bench.baseline();
    const problems: (string | null)[] = [];
    let [resumed, restarted] = [0, 0];
    for (const [at, page] of whole.sourcePages.entries()) {
      const stream = whole.pages[at]?.stream ?? '';
      const own = whole.pages.flatMap((each, index) => (each.stream === stream ? [index] : []));
      if (page.stopReason !== null || at === own.at(-1)) continue;
      const before = own.filter((index) => index <= at);
      const expected = ledgerOf(own.flatMap((index) => whole.pages[index] ?? []));
      const checkpoint = page.checkpoint ?? null;
      const left = before.reduce((rows, index) => rows - (whole.sourcePages[index]?.rows.length ?? 0), SAMPLE_ROWS);
      const trial = await bench.run(
        checkpoint === null ? {} : { sample: left, checkpoints: { [stream]: JSON.parse(JSON.stringify(checkpoint)) } },
      );
      const kept = checkpoint === null ? [] : before.flatMap((index) => whole.pages[index] ?? []);
      const after = trial.pages.filter((each) => each.stream === stream);
      if (checkpoint === null) restarted += 1;
      else resumed += 1;
      const name = `killed after page ${before.length} of ${stream}`;
      if (trial.failure !== null) {
        problems.push(`${name}: ${trial.failure.message}`);
        continue;
      }
      const difference = compareLedgers(expected, ledgerOf([...kept, ...after]));
      problems.push(difference === null ? null : `${name}: ${difference}`);
      const twice = kept.length + after.length - own.length;
      problems.push(twice <= 1 ? null : `${name}: ${twice} pages were read twice`);
      if (restarted > 0) break;
    }
    if (resumed + restarted === 0) return notApplicable('the sample is one page');
    const how = resumed > 0 ? `resumed ${resumed} times from a checkpoint` : 'no checkpoints: begun again';
    return conclude(problems, `${how}, the same ${whole.ledger.size} figures`);
  },
};

/** Silent loss is the failure that nobody notices. */
export const accounting: Check = {
  name: 'accounting',
  title: 'every row that came is a figure, a reject, or skipped by a named rule',
  async run(bench) {
    let decoded = 0;
    const count: RowChange = (rows) => {
      decoded += rows.length;
      return rows;
    };
    const trial = await bench.run({ rows: count });
    const problems = trial.sourcePages.flatMap((page, at) => {
      const read = trial.pages[at];
      if (read === undefined) return [`page ${at + 1} was not accounted for`];
      const accounted = new Set([...read.records, ...read.rejected, ...read.skipped].map(({ row }) => row));
      const outcomes = read.records.length + read.rejected.length + read.skipped.length;
      const isCut = bench.subject.kind === 'code' && at === trial.sourcePages.length - 1;
      const rows = isCut ? accounted.size : page.rows.length;
      const carried = page.rows.slice(0, rows).reduce((sum, row) => sum + Math.max(1, row.records.length), 0);
      return [
        accounted.size === rows ? null : `page ${at + 1}: ${rows - accounted.size} of ${rows} rows left no trace`,
        outcomes === carried ? null : `page ${at + 1}: ${carried} outcomes of rows, ${outcomes} are accounted for`,
      ];
    });
    const carried = trial.sourcePages.reduce((sum, { rows }) => sum + rows.length, 0);
    const isKnown = bench.subject.kind === 'manifest' || decoded > 0;
    problems.push(!isKnown || carried === decoded ? null : `${decoded} rows came, the connector passed on ${carried}`);
    return conclude(
      [failureCode(trial), ...problems],
      `${carried} rows = those of ${trial.ledger.size} figures + ${trial.rejected} rejects + ${trial.skipped} skips`,
    );
  },
};

/** A total is a promise that can be checked. */
export const declaredTotal: Check = {
  name: 'declared-total',
  title: 'a declared total that does not agree with the rows fails',
  async run(bench) {
    const { sourcePages, ledger, changes } = await bench.full();
    if (sourcePages.every((page) => page.declaredTotal === null)) {
      return notApplicable('the source declares no total, or the connector does not read it');
    }
    // The last one: a source that is asked by the number of rows so far gives it again, and any other would be lost in between.
    const last = changes[sourcePages.findLastIndex((page) => page.rows.length > 0 && page.declaredTotal !== null)];
    const trial = await bench.run({
      sample: null,
      pageSize: null,
      rows: (rows, page) => (page === last ? rows.slice(0, -1) : rows),
    });
    return conclude(
      [mustNotDiffer(trial, ledger, 'one row fewer than declared')],
      `one row fewer: ${describeEnds([trial])}`,
    );
  },
};
