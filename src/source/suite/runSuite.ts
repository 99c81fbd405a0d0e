import { describeError } from '../../domain/errors.js';
import type { SourceOptions } from '../context.js';
import { createBench, type TimeZoneSwitch } from './bench.js';
import type { Check, Finding } from './check.js';
import { refusedInMidRun, retryAfter, secrets, timeZones } from './checks/access.js';
import { misspeltKeys } from './checks/keys.js';
import { accounting, declaredTotal, killedAndResumed, pageSizes, reads, readTwice } from './checks/reading.js';
import {
  duplicateIdentity,
  emptyAfterFull,
  nfcNfd,
  numberLocales,
  poisonRows,
  rowsShuffled,
  valueRenamed,
} from './checks/rows.js';
import { WIRE_CHECKS } from './checks/wire.js';
import { forwardTo, startDisturber, type Upstream } from './disturber.js';
import type { Subject } from './subject.js';

/** The contract of connectors, in the order in which it is checked; the secrets come last, for they look at everything before. */
export const CHECKS: readonly Check[] = [
  reads,
  readTwice,
  pageSizes,
  killedAndResumed,
  rowsShuffled,
  duplicateIdentity,
  accounting,
  declaredTotal,
  poisonRows,
  valueRenamed,
  emptyAfterFull,
  nfcNfd,
  numberLocales,
  timeZones,
  ...WIRE_CHECKS,
  refusedInMidRun,
  retryAfter,
  misspeltKeys,
  secrets,
];

/** What became of one check. */
export interface CheckReport extends Finding {
  readonly name: string;
  readonly title: string;
  readonly durationMs: number;
}

/** How to run the suite. */
export interface SuiteOptions {
  /** Names of the checks to run; absent = all. */
  readonly only?: readonly string[];
  readonly inTimeZone?: TimeZoneSwitch;
  /** In place of the source at the address of the settings, such as a recording of it. */
  readonly upstream?: (address: () => string) => Upstream;
  readonly source?: Partial<SourceOptions>;
  /** Called after each check. */
  readonly onReport?: (report: CheckReport) => void;
}

/**
 * Checks a connector against the contract, through a server on the loopback interface that disturbs its source.
 * @returns one report for each check, in order; never throws for what the connector does
 */
export async function runSuite(subject: Subject, options: SuiteOptions = {}): Promise<readonly CheckReport[]> {
  const { pathname } = new URL(subject.settings.baseUrl);
  let address = '';
  const upstream = options.upstream ?? ((own) => forwardTo(subject.settings.baseUrl, own));
  const disturber = await startDisturber(
    pathname.replace(/\/$/, ''),
    upstream(() => address),
  );
  address = disturber.baseUrl;
  const reports: CheckReport[] = [];
  let isReadable = true;
  try {
    const bench = createBench(subject, disturber, options.inTimeZone ?? null, options.source ?? {});
    for (const check of CHECKS) {
      if (options.only !== undefined && !options.only.includes(check.name)) continue;
      const started = performance.now();
      const finding: Finding = isReadable
        ? await check
            .run(bench)
            .catch((error: unknown) => ({ result: 'failed', seen: `the check broke: ${describeError(error)}` }))
        : { result: 'not applicable', seen: 'an undisturbed run has nothing to compare with' };
      if (check === reads && finding.result === 'failed') isReadable = false;
      const { name, title } = check;
      const report = { name, title, ...finding, durationMs: Math.round(performance.now() - started) };
      reports.push(report);
      options.onReport?.(report);
    }
  } finally {
    await disturber.close();
  }
  return reports;
}
