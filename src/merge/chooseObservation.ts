import type { Discrepancy, MergeCandidate, MergedValue, MergePolicy, MergeReason } from '../domain/mergePolicy.js';
import { isMissing, type Observation } from '../domain/observation.js';
import { periodEndMonth } from '../domain/period.js';
import { isAutomatic } from '../domain/source.js';
import { checkMergePolicy } from './checkMergePolicy.js';
import { findDiscrepancy } from './findDiscrepancy.js';

/** An observation with what orders it; the reason is settled step by step. */
interface Entry {
  readonly observation: Observation;
  /** Place in the policy, 0 first; Infinity = not in the policy. */
  readonly precedence: number;
  readonly endMonth: number;
  /** Null while it is still in the running. */
  reason: MergeReason | null;
}

/**
 * Chooses one observation and says of every other why not. Pure: the order of the input never matters.
 *
 * Of each source and period only the newest version counts (highest revision, then id). Withdrawn, missing (obsStatus O or M, or no figure) and
 * inadmissible ones fall out; an earlier version never comes back in place of a withdrawn one. Of the rest the first kind of the policy wins,
 * then the later end of the period (a year is as late as its December), then the later revision, then the higher id.
 * @param observations all versions, sources and periods of ONE entity, indicator and year
 * @returns the chosen one with the step that decided: ONLY_CANDIDATE, HIGHEST_PRECEDENCE (over another kind), LATEST_PERIOD or LATEST_REVISION (over its
 *   own kind); or null with NO_CANDIDATE. A loser says LOWER_PRECEDENCE, EARLIER_PERIOD (also than its own source) or EARLIER_REVISION
 * @throws PlatformError MERGE_POLICY_INVALID
 * @throws RangeError when a period is not a period
 */
export function chooseObservation(observations: readonly Observation[], policy: MergePolicy): MergedValue {
  checkMergePolicy(policy);
  const newest = newestVersions(observations);
  const entries = observations.map((observation) => toEntry(observation, policy, newest)).sort(byOrder);
  const winner = settle(entries);
  const claim = entries.find((entry) => isClaim(entry))?.observation;
  return {
    chosen: winner?.observation ?? null,
    reason: winner?.reason ?? 'NO_CANDIDATE',
    candidates: listCandidates(entries, winner),
    discrepancy: compare(claim, winner?.observation, policy),
  };
}

/** The newest version per source and period. */
function newestVersions(observations: readonly Observation[]): Set<Observation> {
  if (observations.length < 2) return new Set(observations);
  const newest = new Map<string, Observation>();
  for (const observation of observations) {
    const key = `${observation.sourceId}:${observation.period}`;
    const known = newest.get(key);
    if (known === undefined || byAge(known, observation) > 0) newest.set(key, observation);
  }
  return new Set(newest.values());
}

function toEntry(observation: Observation, policy: MergePolicy, newest: ReadonlySet<Observation>): Entry {
  const place = policy.precedence.indexOf(observation.sourceKind);
  return {
    observation,
    precedence: place === -1 ? Number.POSITIVE_INFINITY : place,
    endMonth: periodEndMonth(observation.period),
    reason: exclusion(observation, place !== -1, newest.has(observation)),
  };
}

function exclusion(observation: Observation, isAdmitted: boolean, isNewest: boolean): MergeReason | null {
  if (!isNewest) return 'SUPERSEDED';
  if (observation.tombstone) return 'DELETED';
  if (observation.obsStatus === 'O' || observation.obsStatus === 'M' || isMissing(observation)) return 'MISSING_VALUE';
  return isAdmitted ? null : 'NOT_IN_POLICY';
}

/** Gives every entry in the running its reason; entries come in order, so the first one wins. */
function settle(entries: readonly Entry[]): Entry | null {
  const running = entries.filter(({ reason }) => reason === null);
  const [winner, ...losers] = running;
  if (winner === undefined) return null;
  const beaten = new Set<number>();
  for (const loser of losers) {
    const { sourceId } = loser.observation;
    loser.reason = whyBeaten(loser, winner, beaten.has(sourceId));
    beaten.add(sourceId);
  }
  winner.reason = whyChosen(winner, losers);
  return winner;
}

/** @param hasLater whether its own source tells of a later part of the year, which was not chosen either */
function whyBeaten(loser: Entry, winner: Entry, hasLater: boolean): MergeReason {
  if (loser.precedence !== winner.precedence) return hasLater ? 'EARLIER_PERIOD' : 'LOWER_PRECEDENCE';
  return loser.endMonth === winner.endMonth ? 'EARLIER_REVISION' : 'EARLIER_PERIOD';
}

/** What decided: the first step of the order that set it apart from another one. */
function whyChosen(winner: Entry, losers: readonly Entry[]): MergeReason {
  if (losers.length === 0) return 'ONLY_CANDIDATE';
  if (losers.some(({ precedence }) => precedence !== winner.precedence)) return 'HIGHEST_PRECEDENCE';
  return losers.some(({ endMonth }) => endMonth === winner.endMonth) ? 'LATEST_REVISION' : 'LATEST_PERIOD';
}

function listCandidates(entries: readonly Entry[], winner: Entry | null): MergeCandidate[] {
  const candidates: MergeCandidate[] = [];
  if (winner !== null) candidates.push(toCandidate(winner, true));
  for (const entry of entries) if (entry !== winner) candidates.push(toCandidate(entry, false));
  return candidates;
}

function toCandidate(entry: Entry, accepted: boolean): MergeCandidate {
  return { observation: entry.observation, accepted, reason: entry.reason ?? 'NO_CANDIDATE' };
}

/** A self-report that says something and is still meant; it need not be admitted by the policy to be compared. */
function isClaim({ observation, reason }: Entry): boolean {
  if (observation.sourceKind !== 'SELF_REPORT') return false;
  return reason !== 'SUPERSEDED' && reason !== 'DELETED' && reason !== 'MISSING_VALUE';
}

function compare(
  claim: Observation | undefined,
  chosen: Observation | undefined,
  policy: MergePolicy,
): Discrepancy | null {
  if (claim === undefined || chosen === undefined || !isAutomatic(chosen.sourceKind)) return null;
  return findDiscrepancy(claim, chosen, policy.discrepancyTolerance);
}

/** Precedence, later period, later revision, higher id. */
function byOrder(a: Entry, b: Entry): number {
  if (a.precedence !== b.precedence) return a.precedence < b.precedence ? -1 : 1;
  return b.endMonth - a.endMonth || byAge(a.observation, b.observation);
}

/** Newest first. */
function byAge(a: Observation, b: Observation): number {
  return b.revision - a.revision || b.id - a.id;
}
