import { entityKey } from '../domain/entity.js';
import { figureReader, type ScoreFigure } from '../snapshot/figure.js';
import type { LoadedRound, View } from './context.js';
import { namePlaces, type Order, orderInput, sortRows } from './order.js';
import { rowFacts } from './rowFacts.js';
import { comparedColumns } from './scoreFigures.js';

/** What scores and rows of a ranking can be ordered by. */
export type ScoreOrderBy =
  | 'VALUE'
  | 'POINTS'
  | 'RANK'
  | 'COVERAGE'
  | 'AUTOMATIC_SHARE'
  | 'CHANGE_OF_VALUE'
  | 'CHANGE_OF_RANK'
  | 'NAME'
  | 'NAME_EN'
  | 'CODE'
  | 'REGION'
  | 'MEASURE';

/** Input of {@link ScoreOrderBy}. */
export const ScoreOrder = orderInput<ScoreOrderBy>('ScoreOrder', 'scores', {
  VALUE: 'The value.',
  POINTS: 'Points earned.',
  RANK: 'Place in the peer group; the best is the least.',
  COVERAGE: 'Share of the possible points whose figure is there.',
  AUTOMATIC_SHARE: 'Share of the possible points that were measured automatically.',
  CHANGE_OF_VALUE: 'New value minus that of the year before.',
  CHANGE_OF_RANK: 'Rank of the year before minus the new one; who rose most is the greatest.',
  NAME: 'Vietnamese name of the entity, in the order of the Vietnamese alphabet.',
  NAME_EN: 'English name of the entity.',
  CODE: 'Code system and code of the entity.',
  REGION: 'Code system and code of the region of the entity.',
  MEASURE: 'The measure, in framework order.',
});

/**
 * Sorts cells of the columns of a round.
 * @param cells in the order that ties keep
 */
export function sortScores(
  cells: readonly number[],
  orders: readonly Order<ScoreOrderBy>[] | null | undefined,
  view: View,
  loaded: LoadedRound,
): readonly number[] {
  if (!orders?.length) return cells;
  const compared = comparedColumns(view, loaded);
  const { entities, regionAt, regions } = rowFacts(view, loaded);
  const entityCount = loaded.columns.entityIds.length;
  const entityOf = (cell: number) => entities[cell % entityCount];
  const figure = (name: ScoreFigure) => figureReader(compared, name);
  const place = (lang: 'vi' | 'en') => (cell: number) =>
    namePlaces(view.catalogue, lang).get(entityOf(cell)?.id ?? 0) ?? null;
  return sortRows<number, ScoreOrderBy>(cells, orders, {
    ...{ VALUE: figure('value'), POINTS: figure('points'), RANK: figure('rank'), COVERAGE: figure('coverage') },
    ...{ AUTOMATIC_SHARE: figure('automaticShare') },
    ...{ CHANGE_OF_VALUE: figure('changeOfValue'), CHANGE_OF_RANK: figure('changeOfRank') },
    ...{ NAME: place('vi'), NAME_EN: place('en') },
    CODE: (cell) => {
      const entity = entityOf(cell);
      return entity === undefined ? null : entityKey(entity);
    },
    REGION: (cell) => {
      const region = regions[regionAt[cell % entityCount] ?? 0] ?? null;
      return region === null ? null : `${region.codeSystem}:${region.code}`;
    },
    MEASURE: (cell) => Math.floor(cell / entityCount),
  });
}
