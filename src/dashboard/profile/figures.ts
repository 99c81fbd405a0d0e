import type { ProfileQuery } from '../generated/operations.ts';
import type { Named } from '../language.tsx';

type MeasureFact = NonNullable<ProfileQuery['round']>['framework']['measures'][number];

/** One figure of the entity, beside those of its peers. */
export interface Figure {
  readonly measure: MeasureFact;
  /** 0 to 1; null = there is none. */
  readonly value: number | null;
  readonly rank: number | null;
  /** Of the peers with a value; null = none has one. */
  readonly median: number | null;
  /** Value less median; null when one of them is missing. */
  readonly gap: number | null;
  /** Values of the whole peer group, with whose they are. Only of indexes, main indexes and pillars. */
  readonly peers: readonly Peer[];
}

/** The value of one peer. */
export interface Peer {
  readonly entity: string;
  readonly named: Named;
  readonly value: number;
}

/** Orders of main indexes: as in the framework, the weightiest first, or the furthest below the peers first. */
export type FigureOrder = 'framework' | 'weight' | 'gap';

/**
 * What the profile of an entity shows, by code of the measure, in framework order.
 * @returns empty when the entity does not take part in the round
 */
export function figuresOf(data: ProfileQuery): ReadonlyMap<string, Figure> {
  const figures = new Map<string, Figure>();
  const group = data.entity?.peerGroup?.code;
  if (!data.round || !data.entity || group === undefined) return figures;
  const names = new Map(data.round.entities.map((entity) => [entity.id, entity]));
  const peers = new Map<string, Peer[]>();
  for (const { node } of [...data.indexes.edges, ...data.mainIndexes.edges, ...data.pillars.edges]) {
    const named = names.get(node.entity.id);
    if (node.peerGroup.code !== group || node.value === null || named === undefined) continue;
    const list = peers.get(node.measure.code) ?? [];
    list.push({ entity: node.entity.id, named, value: node.value });
    peers.set(node.measure.code, list);
  }
  const medians = new Map<string, number | null>();
  for (const { node } of data.statistics.edges) {
    const { peerGroup, measure } = node.key;
    if (peerGroup?.code === group && measure) medians.set(measure.code, node.value.median);
  }
  const own = new Map(data.entity.scores.map((score) => [score.measure.code, score]));
  for (const measure of data.round.framework.measures) {
    const score = own.get(measure.code);
    if (score === undefined) continue;
    const median = medians.get(measure.code) ?? null;
    figures.set(measure.code, {
      measure,
      value: score.value,
      rank: score.rank,
      median,
      gap: score.value === null || median === null ? null : score.value - median,
      peers: peers.get(measure.code) ?? [],
    });
  }
  return figures;
}

/** The figures of one kind of measure that earn points, in an order. */
export function figuresIn(
  figures: ReadonlyMap<string, Figure>,
  kind: MeasureFact['kind'],
  order: FigureOrder = 'framework',
): readonly Figure[] {
  const chosen = [...figures.values()].filter(({ measure }) => measure.kind === kind && measure.maxPoints > 0);
  if (order === 'weight') chosen.sort((a, b) => b.measure.maxPoints - a.measure.maxPoints);
  if (order === 'gap') chosen.sort((a, b) => (a.gap ?? 0) - (b.gap ?? 0));
  return chosen;
}

/**
 * Where an entity stands furthest above and below the median of its peers, counted in points, so that what weighs more counts more.
 * @returns the largest first in both; nothing that equals the median
 */
export function extremesOf(
  figures: readonly Figure[],
  count: number,
): { readonly strengths: readonly Figure[]; readonly weaknesses: readonly Figure[] } {
  const sorted = figures.filter(({ gap }) => gap !== null).sort((a, b) => pointsOf(b) - pointsOf(a));
  return {
    strengths: sorted.filter((figure) => pointsOf(figure) > 0).slice(0, count),
    weaknesses: sorted
      .filter((figure) => pointsOf(figure) < 0)
      .slice(-count)
      .reverse(),
  };
}

/** The gap to the median in points of the index; 0 when there is none. */
export function pointsOf({ gap, measure }: Figure): number {
  return (gap ?? 0) * measure.maxPoints;
}

/** The way from the index down to a measure; pillars hang at the index too. */
export function wayTo(code: string, figures: ReadonlyMap<string, Figure>): readonly Figure[] {
  const figure = figures.get(code);
  if (figure === undefined) return [];
  const up = figure.measure.parents.find(({ kind }) => kind === 'MAIN_INDEX' || kind === 'INDEX');
  const above = up ?? (figure.measure.kind === 'INDEX' ? undefined : { code: 'INDEX' });
  return above === undefined ? [figure] : [...wayTo(above.code, figures), figure];
}
