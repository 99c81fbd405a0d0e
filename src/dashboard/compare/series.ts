import type { ComparisonQuery, RankHistoryQuery } from '../generated/operations.ts';

/** Most entities that can be told apart at once. */
export const MOST = 8;
/** What tells chosen entities apart beside their colour; the symbols of Plot, and the same as text. */
export const SYMBOLS = ['circle', 'square', 'triangle', 'diamond', 'star', 'cross', 'hexagon', 'wye'] as const;
/** {@link SYMBOLS} as text, for lists beside the charts. */
export const GLYPHS = ['●', '■', '▲', '◆', '★', '✚', '⬢', '⅄'] as const;

/** What the graph told about the chosen entities. */
export type ComparisonData = ComparisonQuery;

/** An entity that could be chosen. */
export type KnownEntity = RankHistoryQuery['entities']['edges'][number]['node'];

/** An entity that was chosen, with how it looks in every chart. */
export interface Chosen {
  readonly entity: KnownEntity;
  /** `GSO-2004:74`, as addresses and arguments name it. */
  readonly key: string;
  readonly colour: string;
  readonly symbol: (typeof SYMBOLS)[number];
  readonly glyph: string;
}

/** How an address and the arguments of the graph name an entity. */
export function keyOf({ codeSystem, code }: { readonly codeSystem: string; readonly code: string }): string {
  return `${codeSystem}:${code}`;
}

/** The chosen ones among the known, in the order of the address; unknown ones are left out. */
export function choose(keys: readonly string[], known: readonly KnownEntity[]): readonly Chosen[] {
  const byKey = new Map(known.map((entity) => [keyOf(entity), entity]));
  return keys
    .flatMap((key) => byKey.get(key) ?? [])
    .slice(0, MOST)
    .map((entity, index) => ({
      entity,
      key: keyOf(entity),
      colour: `var(--series-${index + 1})`,
      symbol: SYMBOLS[index] ?? 'circle',
      glyph: GLYPHS[index] ?? '●',
    }));
}
