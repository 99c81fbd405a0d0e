import type { Bench } from './bench.js';
import { compareLedgers } from './ledger.js';
import type { Trial } from './trial.js';

/** What became of a check. */
export type CheckResultKind = 'passed' | 'failed' | 'not applicable';

/** What a check saw, for people. */
export interface Finding {
  readonly result: CheckResultKind;
  /** What was seen; why it is not applicable. */
  readonly seen: string;
}

/** One rule of the contract of connectors. */
export interface Check {
  /** Stable, in small letters with hyphens: `half-body`. */
  readonly name: string;
  /** What must hold, as a sentence. */
  readonly title: string;
  run(bench: Bench): Promise<Finding>;
}

/** The contract holds. */
export function passed(seen: string): Finding {
  return { result: 'passed', seen };
}

/** The contract is broken. */
export function failed(seen: string): Finding {
  return { result: 'failed', seen };
}

/** The source has nothing that the check is about. */
export function notApplicable(why: string): Finding {
  return { result: 'not applicable', seen: why };
}

/** Codes that say what the source did; another one is a bug of the connector. */
const BOUNDED = ['SYNC_AUTH', 'SYNC_BOUND', 'SYNC_CONFIG', 'SYNC_PROTOCOL', 'SYNC_RULE', 'SYNC_TRANSIENT'];

/** The failure of a trial in short: `SYNC_AUTH`; null = it ended well. */
export function failureCode({ failure }: Trial): string | null {
  return failure?.code ?? null;
}

/** A disturbance that cannot be overcome: the run must fail, for a reason that is not a bug. @returns null when it did */
export function mustFail(trial: Trial, what: string): string | null {
  const code = failureCode(trial);
  if (code === null) return `${what}: the run succeeded with ${trial.ledger.size} figures`;
  return BOUNDED.includes(code) ? null : `${what}: ${code}: ${trial.failure?.message ?? ''}`;
}

/** A disturbance that passes: the run must leave the same as without, or fail. @returns null when it did */
export function mustNotDiffer(trial: Trial, expected: ReadonlyMap<string, string>, what: string): string | null {
  if (failureCode(trial) !== null) return mustFail(trial, what);
  const difference = compareLedgers(expected, trial.ledger);
  return difference === null ? null : `${what}: the run succeeded, but ${difference}`;
}

/** Makes a finding of problems: the first one is shown. */
export function conclude(problems: readonly (string | null)[], seen: string): Finding {
  const found = problems.filter((problem) => problem !== null);
  if (found.length === 0) return passed(seen);
  return failed(found.length === 1 ? `${found[0]}` : `${found[0]} (and ${found.length - 1} more)`);
}

/** Shows which codes a number of trials ended with: `SYNC_TRANSIENT, recovered`. */
export function describeEnds(trials: readonly Trial[]): string {
  return [...new Set(trials.map((trial) => failureCode(trial) ?? 'the same result'))].join(', ');
}
