import type { Question, Shape } from './queries.js';

type Row = Readonly<Record<string, unknown>>;

/**
 * What an answer says, as text that is the same for all schemas: one line per row, values to twelve decimals. Two servers agree when their texts do.
 * @param data of the answer
 */
export function plainAnswer(shape: Shape, question: Question, data: Row): string {
  const lines = shape === 'platform' ? platformLines(question, data) : peerLines(shape, question, data);
  return lines.map((line) => line.map(textOf).join(' ')).join('\n');
}

function platformLines(question: Question, data: Row): unknown[][] {
  switch (question) {
    case 'Q1':
      return nodes(data.ranking).map(({ rank, score, entity }) => {
        const { code, name, region } = entity as Row;
        return [rank, (score as Row).value, code, name, (region as Row | null)?.code ?? 'central'];
      });
    case 'Q2':
      return nodes(data.entities).flatMap(({ code, name, scores }) =>
        rows(scores).map(({ value, rank, measure }) => [code, name, (measure as Row).code, value, rank]),
      );
    case 'Q3': {
      const { code, name, region, ...years } = data.entity as Row;
      const found = Object.entries(years).flatMap(([year, scores]) =>
        rows(scores).map(({ value, measure }) => [(measure as Row).code, Number(year.slice(1)), value]),
      );
      const named = nodes(data.measures).map(({ code: of, name: is, maxPoints }) => [of, is, maxPoints]);
      return [[code, name, (region as Row).code], ...sorted(named), ...sorted(found)];
    }
    case 'Q4': {
      const [group] = nodes(data.scoreGroups);
      const list = rows(group?.top).map(({ rank, value, entity }) => {
        const { code, name } = entity as Row;
        return [rank, value, code, name];
      });
      return [[group?.count ?? 0, rounded((group?.value as Row | undefined)?.average)], ...list];
    }
  }
}

function peerLines(shape: Shape, question: Question, data: Row): unknown[][] {
  const isHand = shape === 'hand';
  switch (question) {
    case 'Q1':
      return rows(isHand ? data.ranking : data.scoresList).map(({ rank, overall, entity }) => {
        const { code, name, region } = entity as Row;
        return [rank, overall, code, name, region];
      });
    case 'Q2':
      return rows(isHand ? data.entities : data.entitiesList).flatMap(({ code, name, ...rest }) =>
        rows(isHand ? rest.pillarScores : rest.pillarScoresList).map(({ score, rank, pillar }) => [
          ...[code, name, (pillar as Row).code, score, rank],
        ]),
      );
    case 'Q3': {
      const { code, name, region, pillars } = (isHand ? data.entity : data.entityByCode) as Row;
      const indicators = rows(isHand ? pillars : data.pillarsList).flatMap((pillar) =>
        rows(isHand ? pillar.indicators : pillar.indicatorsList),
      );
      const found = indicators.flatMap((indicator) =>
        rows(isHand ? indicator.values : indicator.indicatorValuesList).map(({ year, normalized }) => [
          ...[indicator.code, year, normalized],
        ]),
      );
      const named = indicators.map(({ code: of, name: is, weight }) => [of, is, weight]);
      return [[code, name, region], ...sorted(named), ...sorted(found)];
    }
    case 'Q4': {
      const { total, average } = (isHand ? data.search : data.searchStats) as Row;
      const list = rows(isHand ? (data.search as Row).nodes : data.searchScoresList);
      return [
        [total, rounded(average)],
        ...list.map(({ rank, overall, entity }) => [rank, overall, (entity as Row).code, (entity as Row).name]),
      ];
    }
  }
}

function nodes(connection: unknown): Row[] {
  return rows((connection as Row).edges).map(({ node }) => node as Row);
}

function rows(list: unknown): Row[] {
  return (list ?? []) as Row[];
}

function sorted(lines: unknown[][]): unknown[][] {
  return lines.toSorted((a, b) => (String(a) < String(b) ? -1 : 1));
}

/** Sums differ in their last digits with the order of their terms. */
function rounded(value: unknown): string {
  return typeof value === 'number' ? value.toFixed(10) : 'none';
}

function textOf(value: unknown): string {
  return typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(12) : String(value);
}
