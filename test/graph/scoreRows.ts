import type { Answer, GraphFixture } from './graphFixture.js';

/** One score as a plain object, read through the graph: what the oracles of groups and filters compute with. */
export interface Row {
  readonly round: string;
  readonly level: string;
  readonly year: number;
  readonly entity: string;
  readonly names: readonly string[];
  readonly region: string | null;
  readonly peerGroup: string;
  readonly measureId: string;
  readonly code: string;
  readonly kind: string;
  /** Codes of the measures that it counts in directly. */
  readonly parents: readonly string[];
  /** Codes of the pillars that it is or counts in; `none` when there is none. */
  readonly pillars: readonly string[];
  readonly mainIndexes: readonly string[];
  readonly value: number | null;
  readonly points: number | null;
  readonly rank: number | null;
  readonly coverage: number | null;
  readonly automaticShare: number | null;
  readonly change: { readonly value: number | null; readonly rank: number | null } | null;
}

const SCORES = `query Scores($round: String!, $after: String) {
  scores(round: $round, first: 1000, after: $after) {
    pageInfo { hasNextPage endCursor }
    edges { node {
      value points rank coverage automaticShare change { value rank }
      round { code level year } entity { id vi: name(lang: VI) en: name(lang: EN) region { code codeSystem } } peerGroup { code } measure { id code kind }
    } }
  }
}`;

interface MeasureFacts {
  readonly code: string;
  readonly kind: string;
  readonly parents: readonly string[];
}

/** Reads all scores of some rounds, page by page. */
export async function readRows(graph: GraphFixture, rounds: readonly string[]): Promise<Row[]> {
  const { measures } = await graph.read(
    '{ measures(first: 1000) { edges { node { id code kind parents { id code } } } } }',
  );
  const facts = new Map<string, MeasureFacts>();
  for (const { node } of measures.edges) {
    facts.set(node.id, { ...node, parents: node.parents.map(({ id }: { id: string }) => id) });
  }
  const rows: Row[] = [];
  for (const round of rounds) {
    let after: string | null = null;
    do {
      const { scores } = await graph.read(SCORES, { round, after });
      for (const { node } of scores.edges) rows.push(toRow(node, facts));
      after = scores.pageInfo.hasNextPage ? scores.pageInfo.endCursor : null;
    } while (after !== null);
  }
  return rows;
}

function toRow(score: Answer, facts: ReadonlyMap<string, MeasureFacts>): Row {
  const { round, entity, measure, peerGroup, ...figures } = score;
  const region = entity.region === null ? null : `${entity.region.codeSystem}:${entity.region.code}`;
  const above = (kind: string): string[] => {
    const found = new Set<string>();
    const climb = (id: string): void => {
      const each = facts.get(id);
      if (each === undefined) return;
      if (each.kind === kind) found.add(each.code);
      each.parents.forEach(climb);
    };
    climb(measure.id);
    return found.size === 0 ? ['none'] : [...found];
  };
  return {
    ...figures,
    ...{
      round: round.code,
      level: round.level,
      year: round.year,
      entity: entity.id,
      names: [entity.vi, entity.en],
      region,
    },
    ...{ peerGroup: peerGroup.code, measureId: measure.id, code: measure.code, kind: measure.kind },
    parents: (facts.get(measure.id)?.parents ?? []).map((id) => facts.get(id)?.code ?? ''),
    pillars: above('PILLAR'),
    mainIndexes: above('MAIN_INDEX'),
  };
}
