import { roundedQuotient } from '../domain/decimal.js';
import type { Cell, Column } from '../exchange/table.js';
import type { Data } from './exportReader.js';

/** A column in both languages, and where its cell stands in a row of the answer. */
export interface TableColumn extends Omit<Column, 'title'> {
  readonly titles: { readonly en: string; readonly vi: string };
  /** @param simulated whether the sources of the round are simulated, for rows that have no source of their own */
  readonly read: (node: Node, simulated: boolean) => Cell;
}

/** A table that has an address of its own: a document whose rows are those of its one root field. */
export interface ExportTable {
  readonly name: string;
  readonly titles: { readonly en: string; readonly vi: string };
  readonly document: string;
  /** What a reader must know of its columns; absent = they say all. */
  readonly notes?: { readonly en: string; readonly vi: string };
  /** Asks which measures its rows are of, from the same variables; absent = all are of the measure of the first, or of none. */
  readonly measures?: string;
  /** Of the object that becomes a row. */
  readonly nodeOf: (edge: Edge) => Node;
  readonly columns: readonly TableColumn[];
}

/** What the documents below ask of a row; each uses its part. */
export interface Node {
  readonly [name: string]: unknown;
}
interface Edge {
  readonly node: Node;
}

type Titles = readonly [en: string, vi: string];

function column(
  name: string,
  type: Column['type'],
  role: Column['role'],
  [en, vi]: Titles,
  path: string | TableColumn['read'],
  more: Pick<Column, 'about' | 'concept' | 'of' | 'unitBy' | 'isFigure'> = {},
): TableColumn {
  const read = typeof path === 'string' ? readPath(path) : path;
  return { name, type, role, titles: { en, vi }, read, ...more };
}

function readPath(path: string): TableColumn['read'] {
  const names = path.split('.');
  return (node) => {
    let value: unknown = node;
    for (const name of names) value = (value as Data | null)?.[name] ?? null;
    return value as Cell;
  };
}

/** `Entity:GSO-2004:74` → `GSO-2004:74`, as filters take it. */
function keyOf(path: string): TableColumn['read'] {
  const read = readPath(path);
  return (node, simulated) => {
    const id = read(node, simulated);
    return typeof id === 'string' ? id.slice(id.indexOf(':') + 1) : null;
  };
}

const ENTITY_COLUMNS = [
  column('entity', 'TEXT', 'DIMENSION', ['Entity', 'Đơn vị'], keyOf('entity.id'), {
    about: 'PLACE',
    concept: 'REF_AREA',
  }),
  column('entity_code', 'TEXT', 'ATTRIBUTE', ['Code of the entity', 'Mã đơn vị'], 'entity.code'),
  column('entity_name', 'TEXT', 'LABEL', ['Name of the entity', 'Tên đơn vị'], 'entity.name', { of: 'entity' }),
  column('region', 'TEXT', 'ATTRIBUTE', ['Region', 'Vùng'], 'entity.region.code'),
  column('region_name', 'TEXT', 'LABEL', ['Name of the region', 'Tên vùng'], 'entity.region.name', { of: 'region' }),
];

const ENTITY_FIELDS = 'entity { id code name(lang: $lang) region { code name(lang: $lang) } }';

/** Rows of rankings and of scores have the same columns, so that one may be put under the other. */
const SCORE_COLUMNS: readonly TableColumn[] = [
  column('round', 'TEXT', 'ATTRIBUTE', ['Round', 'Đợt đánh giá'], 'round.code'),
  column('year', 'INTEGER', 'DIMENSION', ['Year', 'Năm'], 'round.year', { about: 'TIME', concept: 'TIME_PERIOD' }),
  column('measure', 'TEXT', 'DIMENSION', ['Measure', 'Chỉ số'], 'measure.code', { concept: 'INDICATOR' }),
  column('measure_name', 'TEXT', 'LABEL', ['Name of the measure', 'Tên chỉ số'], 'measure.name', { of: 'measure' }),
  column('measure_kind', 'TEXT', 'ATTRIBUTE', ['Kind of measure', 'Loại chỉ số'], 'measure.kind'),
  column('peer_group', 'TEXT', 'ATTRIBUTE', ['Peer group', 'Nhóm xếp hạng'], 'peerGroup.code'),
  column('peer_group_name', 'TEXT', 'LABEL', ['Name of the peer group', 'Tên nhóm'], 'peerGroup.name', {
    of: 'peer_group',
  }),
  ...ENTITY_COLUMNS,
  column('rank', 'INTEGER', 'MEASURE', ['Rank', 'Thứ hạng'], 'rank'),
  column('peer_count', 'INTEGER', 'MEASURE', ['Ranked in the peer group', 'Số đơn vị được xếp hạng'], 'peerCount'),
  column('value', 'NUMBER', 'MEASURE', ['Value, 0 to 1', 'Giá trị, 0 đến 1'], 'value', { concept: 'OBS_VALUE' }),
  column('points', 'NUMBER', 'MEASURE', ['Points', 'Điểm'], 'points'),
  column('max_points', 'NUMBER', 'MEASURE', ['Possible points', 'Điểm tối đa'], 'maxPoints'),
  column('coverage', 'NUMBER', 'MEASURE', ['Coverage', 'Độ bao phủ'], 'coverage'),
  column('automatic_share', 'NUMBER', 'MEASURE', ['Automatic share', 'Tỷ lệ đo tự động'], 'automaticShare'),
  column('change_of_value', 'NUMBER', 'MEASURE', ['Change of the value', 'Thay đổi giá trị'], 'change.value'),
  column('change_of_rank', 'INTEGER', 'MEASURE', ['Change of the rank', 'Thay đổi thứ hạng'], 'change.rank'),
  column('published', 'TEXT', 'ATTRIBUTE', ['As published', 'Như công bố'], 'published', {
    isFigure: true,
  }),
  column('obs_status', 'TEXT', 'ATTRIBUTE', ['Status of the figure', 'Trạng thái số liệu'], statusOf),
  column('measure_certainty', 'TEXT', 'ATTRIBUTE', ['Certainty of the measure', 'Độ chắc chắn'], 'measure.certainty'),
  column('simulated', 'BOOLEAN', 'ATTRIBUTE', ['Simulated', 'Mô phỏng'], (_node, simulated) => simulated),
  column('round_status', 'TEXT', 'ATTRIBUTE', ['Status of the round', 'Trạng thái đợt đánh giá'], 'round.status'),
  column('illustrative', 'BOOLEAN', 'ATTRIBUTE', ['Illustrative', 'Minh hoạ'], 'round.illustrative'),
];

/** A value of a provisional result is provisional; a missing one cannot exist where no points are possible. */
function statusOf({ value, coverage, snapshot }: Node): Cell {
  if (value === null) return coverage === null ? 'M' : 'O';
  return (snapshot as Data).status === 'PROVISIONAL' ? 'P' : 'A';
}

const SCORE_FIELDS = `fragment Cells on Score {
  rank peerCount value points maxPoints coverage automaticShare published change { value rank }
  round { code year status illustrative } snapshot { status }
  measure { code name(lang: $lang) kind certainty } peerGroup { code name(lang: $lang) } ${ENTITY_FIELDS}
}`;

const PAGE = '$at: AtInput, $first: Int!, $after: String, $lang: Lang!, $isFirst: Boolean!';
const ABOUT_PAGE = 'totalCount @include(if: $isFirst) pageInfo { hasNextPage endCursor }';

const RANKING: ExportTable = {
  name: 'ranking',
  titles: { en: 'Ranking', vi: 'Xếp hạng' },
  document: `query ExportRanking($round: String!, $measure: String, $peerGroup: String, $filter: RankingFilter, $orderBy: [ScoreOrder!], ${PAGE}) {
  rows: ranking(round: $round, measure: $measure, peerGroup: $peerGroup, filter: $filter, orderBy: $orderBy, at: $at, first: $first, after: $after) {
    ${ABOUT_PAGE} edges { node { score { ...Cells } } }
  }
}
${SCORE_FIELDS}`,
  nodeOf: ({ node }) => node.score as Node,
  columns: SCORE_COLUMNS,
};

const SCORES: ExportTable = {
  name: 'scores',
  measures: `query ExportMeasures($round: String!, $kind: MeasureKind, $parent: String, $filter: ScoreFilter, $at: AtInput) {
  groups: scoreGroups(rounds: [$round], by: [MEASURE], kind: $kind, parent: $parent, filter: $filter, at: $at, first: 1000) {
    edges { node { key { measure { certainty } } } }
  }
}`,
  titles: { en: 'Scores', vi: 'Điểm số' },
  document: `query ExportScores($round: String!, $kind: MeasureKind, $parent: String, $filter: ScoreFilter, $orderBy: [ScoreOrder!], ${PAGE}) {
  rows: scores(round: $round, kind: $kind, parent: $parent, filter: $filter, orderBy: $orderBy, at: $at, first: $first, after: $after) {
    ${ABOUT_PAGE} edges { node { ...Cells } }
  }
}
${SCORE_FIELDS}`,
  nodeOf: ({ node }) => node,
  columns: SCORE_COLUMNS,
};

/** The value, and of a ratio what it comes to: the graph has its two counts only, and who averages a column takes empty cells for no figures. */
function amountOf({ value, numerator, denominator }: Node): Cell {
  if (typeof numerator !== 'string' || typeof denominator !== 'string') return value as Cell;
  return (value as Cell) ?? roundedQuotient(numerator, denominator);
}

/**
 * The unit that the value of a row has. Frameworks give the unit of a ratio as it is read, percent, and its quotient is the share, a hundredth of
 * that; every other unit is also that of the quotient, as scoring takes it. A ratio without a figure has the unit of those that have one.
 */
function unitOf({ value, numerator, denominator, indicator }: Node): Cell {
  const { unitOfMeasure, rule } = indicator as { readonly unitOfMeasure: Cell; readonly rule: Data | null };
  const isRatio = rule?.kind === 'RATIO' || rule?.kind === 'RATIO_CAPPED';
  const isQuotient = value === null && (isRatio || (numerator !== null && denominator !== null));
  return unitOfMeasure === 'percent' && isQuotient ? 'share' : unitOfMeasure;
}

const OBSERVATIONS: ExportTable = {
  name: 'observations',
  notes: {
    en: 'RATIOS: the value of a ratio is its numerator divided by its denominator, rounded half-even to 15 significant digits; the two counts are exact. Its unit is "share" where the indicator is told in percent: 0.25 is 25 %. To average over entities, divide the sums of the counts.',
    vi: 'TỶ LỆ: giá trị của một tỷ lệ là tử số chia cho mẫu số, làm tròn đến 15 chữ số có nghĩa (nửa đơn vị làm tròn về chữ số chẵn); tử số và mẫu số là chính xác. Đơn vị tính là "share" (tỷ lệ 0–1) khi chỉ số tính bằng phần trăm: 0,25 là 25%. Để tính bình quân của nhiều đơn vị, hãy chia tổng tử số cho tổng mẫu số.',
  },
  titles: { en: 'Observations', vi: 'Quan sát' },
  document: `query ExportObservations($filter: ObservationFilter, $history: Boolean, ${PAGE}) {
  rows: observations(filter: $filter, history: $history, at: $at, first: $first, after: $after) {
    ${ABOUT_PAGE}
    edges { node {
      id value numerator denominator period obsStatus withdrawn revision retrievedAt publishedAt
      indicator { code name(lang: $lang) unitOfMeasure rule { kind } framework { code } } ${ENTITY_FIELDS}
      source { key name(lang: $lang) kind simulated }
    } }
  }
}`,
  nodeOf: ({ node }) => node,
  columns: [
    column('framework', 'TEXT', 'DIMENSION', ['Framework', 'Khung đánh giá'], 'indicator.framework.code', {
      concept: 'FRAMEWORK',
    }),
    column('indicator', 'TEXT', 'DIMENSION', ['Indicator', 'Chỉ số thành phần'], 'indicator.code'),
    column('indicator_name', 'TEXT', 'LABEL', ['Name of the indicator', 'Tên chỉ số'], 'indicator.name', {
      of: 'indicator',
    }),
    ...ENTITY_COLUMNS,
    column('period', 'TEXT', 'DIMENSION', ['Period', 'Kỳ'], 'period', { about: 'TIME', concept: 'TIME_PERIOD' }),
    column('source', 'TEXT', 'DIMENSION', ['Source', 'Nguồn'], 'source.key', { concept: 'DATA_SOURCE' }),
    column('source_name', 'TEXT', 'LABEL', ['Name of the source', 'Tên nguồn'], 'source.name', { of: 'source' }),
    column('source_kind', 'TEXT', 'ATTRIBUTE', ['Kind of source', 'Loại nguồn'], 'source.kind'),
    column(
      'value',
      'DECIMAL',
      'MEASURE',
      ['Value, of a ratio its quotient', 'Giá trị, với tỷ lệ là thương số'],
      amountOf,
      {
        concept: 'OBS_VALUE',
      },
    ),
    column('numerator', 'DECIMAL', 'MEASURE', ['Numerator', 'Tử số'], 'numerator'),
    column('denominator', 'DECIMAL', 'MEASURE', ['Denominator', 'Mẫu số'], 'denominator'),
    column(
      'unit',
      'TEXT',
      'ATTRIBUTE',
      ['Unit of the value; share: 1 is 100 %', 'Đơn vị tính của giá trị; share (tỷ lệ): 1 là 100%'],
      unitOf,
      { concept: 'UNIT_MEASURE', unitBy: 'indicator' },
    ),
    column('obs_status', 'TEXT', 'ATTRIBUTE', ['Status of the figure', 'Trạng thái số liệu'], 'obsStatus'),
    column('withdrawn', 'BOOLEAN', 'ATTRIBUTE', ['Withdrawn', 'Đã thu hồi'], 'withdrawn'),
    column('observation', 'TEXT', 'ATTRIBUTE', ['Observation', 'Quan sát'], keyOf('id')),
    column('revision', 'TEXT', 'ATTRIBUTE', ['Revision', 'Phiên bản'], 'revision'),
    column('retrieved_at', 'TIME', 'ATTRIBUTE', ['Retrieved', 'Thời điểm thu thập'], 'retrievedAt'),
    column('published_at', 'TIME', 'ATTRIBUTE', ['Published', 'Thời điểm công bố'], 'publishedAt'),
    column('simulated', 'BOOLEAN', 'ATTRIBUTE', ['Simulated', 'Mô phỏng'], 'source.simulated'),
  ],
};

/** The tables by name. */
export const EXPORT_TABLES: ReadonlyMap<string, ExportTable> = new Map(
  [RANKING, SCORES, OBSERVATIONS].map((table) => [table.name, table]),
);
