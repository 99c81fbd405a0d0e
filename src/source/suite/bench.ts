import { createAddressGuard } from '../address.js';
import type { SourceOptions } from '../context.js';
import type { JsonObject } from '../json.js';
import type { Disturb, Disturber, SeenRequest } from './disturber.js';
import { findLeaks } from './leak.js';
import type { RowChange } from './rowChange.js';
import type { Subject } from './subject.js';
import { runTrial, SAMPLE_ROWS, type Trial, type TrialOptions } from './trial.js';
import { changeWireRows } from './wireRows.js';

/** Rows of a page in most trials, so that a sample has several. */
const TRIAL_PAGE_SIZE = 7;

/** What the checks work with: one subject, and its trials. */
export interface Bench {
  readonly subject: Subject;
  /** Reads a sample in pages of seven rows, unless the options say otherwise. */
  run(options?: TrialOptions): Promise<Trial>;
  /** An undisturbed sample. */
  baseline(): Promise<Trial>;
  /** An undisturbed read of everything, with the connector's own size of page. */
  full(): Promise<Trial>;
  /** The rows of each page of the baseline as a change of rows sees them; those of code may look otherwise than what it makes of them. */
  rows(): Promise<readonly (readonly JsonObject[])[]>;
  /** The request of a page in the middle of each stream: its second page, else its first. */
  targets(): Promise<readonly Target[]>;
  /** Runs something under another time zone of the process; null = this cannot be done here. */
  readonly inTimeZone: TimeZoneSwitch | null;
  /** Places where a trial so far has shown a secret. */
  readonly leaks: readonly string[];
}

/** Does something while the process believes to be in another time zone. */
export type TimeZoneSwitch = <Result>(zone: string, work: () => Promise<Result>) => Promise<Result>;

/** A request that can be found again in another trial. */
export interface Target {
  readonly stream: string;
  readonly shape: string;
  readonly occurrence: number;
}

/** True for the request of a target, and with `always` for all of its shape that come after it. */
export function hits(target: Target, request: SeenRequest, always = false): boolean {
  if (request.shape !== target.shape) return false;
  return always ? request.occurrence >= target.occurrence : request.occurrence === target.occurrence;
}

/** Makes the bench of one subject. */
export function createBench(
  subject: Subject,
  disturber: Disturber,
  inTimeZone: TimeZoneSwitch | null,
  given: Partial<SourceOptions>,
): Bench {
  // The disturber, and nothing else of this machine or its network.
  const source = { addressGuard: createAddressGuard({ allowedHosts: ['127.0.0.1'] }), ...given };
  const leaks: string[] = [];
  let baseline: Promise<Trial> | null = null;
  let full: Promise<Trial> | null = null;
  let rows: ReturnType<Bench['rows']> | null = null;
  const run = async (options: TrialOptions): Promise<Trial> => {
    const sized = subject.hasPageSize ? { pageSize: TRIAL_PAGE_SIZE, ...options } : options;
    const disturb = subject.kind === 'code' ? await changeOnWire(sized) : sized.disturb;
    const trial = await runTrial(
      subject,
      disturber,
      { ...sized, ...(disturb === undefined ? {} : { disturb }) },
      source,
    );
    leaks.push(...findLeaks(trial, subject.settings.secrets));
    return trial;
  };
  /** What code makes of rows is its own, so that they are changed before it sees them. */
  const changeOnWire = async ({ rows: change, disturb, sample }: TrialOptions): Promise<Disturb | undefined> => {
    if (change === undefined) return disturb;
    const { pageRequests, requests } = await bench.baseline();
    const shapes = new Set(pageRequests.map((at) => requests[at]?.shape));
    let page = 0;
    const cutAndChange: RowChange = (each, number) =>
      change(sample === null ? each : each.slice(0, SAMPLE_ROWS), number, '');
    return (request) => {
      const other = disturb?.(request) ?? null;
      if (other !== null || !shapes.has(request.shape)) return other;
      page += 1;
      const number = page;
      return { kind: 'alter', alter: (answer) => changeWireRows(answer, cutAndChange, number) };
    };
  };
  const readRows = async (): Promise<readonly (readonly JsonObject[])[]> => {
    const pages: (readonly JsonObject[])[] = [];
    await run({
      rows: (each) => {
        pages.push(each);
        return each;
      },
    });
    return pages;
  };
  const bench: Bench = {
    subject,
    inTimeZone,
    leaks,
    run: (options = {}) => run(options),
    baseline: () => {
      baseline ??= run({});
      return baseline;
    },
    full: () => {
      full ??= runTrial(subject, disturber, { sample: null }, source).then((trial) => {
        leaks.push(...findLeaks(trial, subject.settings.secrets));
        return trial;
      });
      return full;
    },
    rows: () => {
      rows ??= readRows();
      return rows;
    },
    async targets() {
      const { pages, pageRequests, requests } = await bench.baseline();
      const byStream = Map.groupBy(pages.keys(), (at) => pages[at]?.stream ?? '');
      return [...byStream].flatMap(([stream, ats]) => {
        const request = requests[pageRequests[ats[1] ?? ats[0] ?? 0] ?? 0];
        return request === undefined ? [] : [{ stream, shape: request.shape, occurrence: request.occurrence }];
      });
    },
  };
  return bench;
}
