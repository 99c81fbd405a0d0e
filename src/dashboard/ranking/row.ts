import type { RankingReferencesQuery, RankingRoundQuery } from '../generated/operations.ts';
import type { Language } from '../language.tsx';
import { type Change, changeSince, type Point } from './history.ts';
import type { LiveRow } from './liveRanking.ts';
import type { Sortable } from './order.ts';

/** A round as the ranking needs it. */
export type Round = NonNullable<RankingRoundQuery['round']>;
export type Measure = Round['framework']['measures'][number];
type Member = Round['entities'][number];
/** What the owner of the index published for a row. */
export type Reference = RankingReferencesQuery['ranking']['edges'][number]['node']['score']['references'][number];

/** A row of the ranking with all that is shown of it. */
export interface Row extends Sortable {
  readonly code: string;
  readonly codeSystem: string;
  readonly region: { readonly code: string; readonly name: string } | null;
  /** All names and the code: what a search finds. */
  readonly searched: readonly string[];
  /** Against the year before, or the last year that is known. */
  readonly moved: Change | null;
  readonly history: readonly Point[];
  readonly reference: Reference | null;
}

/** What of a {@link Row} comes from where. */
export interface RowSources {
  readonly round: Round;
  readonly histories: ReadonlyMap<string, readonly Point[]>;
  readonly references: ReadonlyMap<string, Reference>;
  readonly language: Language;
}

/** The name of something in the chosen language. */
export function nameIn(language: Language, named: { readonly name_vi: string; readonly name_en: string }): string {
  return language === 'vi' ? named.name_vi : named.name_en;
}

/**
 * What makes rows of what is told, in no order. What was told once is made once: a row that has not changed is the same object, and is not drawn again.
 * @returns the function for all updates, as long as the sources are the same
 */
export function rowMaker(sources: RowSources): (live: ReadonlyMap<string, LiveRow>) => readonly Row[] {
  const members = new Map<string, Member>(sources.round.entities.map((entity) => [entity.id, entity]));
  const made = new WeakMap<LiveRow, Row>();
  return (live) =>
    [...live].flatMap(([id, told]) => {
      const member = members.get(id);
      if (member === undefined) return [];
      const row = made.get(told) ?? makeRow(member, told, sources);
      made.set(told, row);
      return [row];
    });
}

function makeRow(
  entity: Member,
  { rank, value, score }: LiveRow,
  { round, histories, references, language }: RowSources,
): Row {
  const { id } = entity;
  const past = histories.get(id) ?? [];
  const history = withNow(past, { year: round.year, rank, value });
  const moved = changeOf(round.year, { rank, value, score }, history);
  return {
    id,
    code: entity.code,
    codeSystem: entity.codeSystem,
    name: nameIn(language, entity),
    region: entity.region && { code: entity.region.code, name: nameIn(language, entity.region) },
    searched: [entity.name_vi, entity.name_en, entity.code, ...entity.otherNames],
    rank,
    value,
    change: moved?.rank ?? null,
    moved,
    automatic: score?.automaticShare ?? null,
    coverage: score?.coverage ?? null,
    history,
    reference: references.get(id) ?? null,
  };
}

/** The history ends with what is shown, which is newer than the answer that the history came with. */
function withNow(past: readonly Point[], now: Omit<Point, 'isDerived'>): readonly Point[] {
  const others = past.filter(({ year }) => year !== now.year);
  return [...others, { ...now, isDerived: false }].sort((a, b) => a.year - b.year);
}

function changeOf(
  year: number,
  { rank, value, score }: Pick<LiveRow, 'rank' | 'value' | 'score'>,
  history: readonly Point[],
): Change | null {
  const change = score?.change ?? null;
  if (change !== null) return { rank: change.rank, value: change.value, since: year - 1, isDerived: false };
  return changeSince({ year, rank, value }, history);
}
