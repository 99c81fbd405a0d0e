import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'wouter';

/** What is looked at, as the address says it; an empty text means what the view chooses by itself. */
export interface Choice {
  /** Code of a round; empty = {@link firstRound}. */
  readonly round: string;
  /** Code of a peer group; empty = the first of the round. */
  readonly group: string;
  /** Code of a measure. */
  readonly measure: string;
  /** Code of a region; empty = all. */
  readonly region: string;
  /** Part of a name. */
  readonly search: string;
  /** What rows are sorted by, `-` before it = the other way round. */
  readonly sort: string;
  /** Id of the entity that is marked in table and map. */
  readonly marked: string;
}

const FALLBACKS: Choice = { round: '', group: '', measure: 'INDEX', region: '', search: '', sort: 'rank', marked: '' };

/** What the parameters of the address are called. */
const NAMES: Readonly<Record<keyof Choice, string>> = {
  round: 'round',
  group: 'group',
  measure: 'measure',
  region: 'region',
  search: 'q',
  sort: 'sort',
  marked: 'entity',
};

const KEYS = Object.keys(FALLBACKS) as (keyof Choice)[];

/** Reads a choice from the search part of an address. */
export function readChoice(params: URLSearchParams): Choice {
  return Object.fromEntries(KEYS.map((key) => [key, params.get(NAMES[key]) ?? FALLBACKS[key]])) as unknown as Choice;
}

/** Writes what is chosen into the search part of an address; what is as by itself is left out, and strangers stay. */
export function writeChoice(params: URLSearchParams, chosen: Partial<Choice>): URLSearchParams {
  const after = new URLSearchParams(params);
  for (const key of KEYS) {
    const value = chosen[key];
    if (value === undefined) continue;
    if (value === FALLBACKS[key]) after.delete(NAMES[key]);
    else after.set(NAMES[key], value);
  }
  return after;
}

/**
 * What is looked at, kept in the address, so that every view is a link.
 * @returns the choice, and what changes some of it at once: `{ replace: true }` leaves no step behind for the button "back"
 */
export function useChoice(): [Choice, (chosen: Partial<Choice>, options?: { replace?: boolean }) => void] {
  const [params, setParams] = useSearchParams();
  const choice = useMemo(() => readChoice(params), [params]);
  const choose = useCallback(
    (chosen: Partial<Choice>, { replace = false }: { replace?: boolean } = {}) =>
      setParams((before) => writeChoice(before, chosen), { replace }),
    [setParams],
  );
  return [choice, choose];
}

interface RoundHead {
  readonly code: string;
  readonly level: string;
  readonly year: number;
  readonly status: string;
}

/** The round that a visitor sees first: the newest one of provinces that is open, since this page is live; else the newest of provinces. */
export function firstRound<Round extends RoundHead>(rounds: readonly Round[]): Round | null {
  const byYear = [...rounds].sort((a, b) => b.year - a.year);
  const provinces = byYear.filter(({ level }) => level === 'PROVINCE');
  return provinces.find(({ status }) => status === 'OPEN') ?? provinces[0] ?? byYear[0] ?? null;
}
