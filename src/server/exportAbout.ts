import type { About, CitedSource, Fact } from '../exchange/table.js';
import type { Data, RowOperation } from './exportReader.js';

type Lang = About['lang'];

const SOURCES = `sources(first: 1000, at: $at) {
  edges { node { key name(lang: $lang) citation(lang: $lang) licence simulated } }
}`;

/** Asks for what is told about every export. */
export const SOURCES_DOCUMENT = `query ExportSources($lang: Lang!, $at: AtInput) {
  ${SOURCES}
}`;

/** The same, and for the result that a table of a round shows. */
export const ROUND_DOCUMENT = `query ExportRound($lang: Lang!, $at: AtInput, $round: String!) {
  round(code: $round, at: $at) {
    illustrative
    framework { code version legalBasis certaintyNote }
    snapshots(first: 1) { edges { node {
      status revision inputRevision computedAt publishedAt inputHash resultHash engineVersion policy { code version }
    } } }
  }
  ${SOURCES}
}`;

/**
 * The same, and for the newest results of rounds: on which of them the answer to a query of a client's own rests, nobody can tell.
 * @see readResults, which goes through all pages
 */
const RESULTS_DOCUMENT = `query ExportResults($lang: Lang!, $at: AtInput, $first: Int!, $after: String, $isFirst: Boolean!) {
  rounds(first: $first, after: $after, at: $at) {
    pageInfo { hasNextPage endCursor }
    edges { node { code framework { code version } snapshots(first: 1) { edges { node {
      status revision resultHash engineVersion policy { code version }
    } } } } }
  }
  ... @include(if: $isFirst) { ${SOURCES} }
}`;

const ROUNDS_OF_PAGE = 100;

/**
 * Asks for what is told about the answer to a query of a client's own: the sources, and the newest result of every round.
 * @param read executes a query
 * @throws what `read` throws
 */
export async function readResults(
  read: (operation: RowOperation) => Promise<Data>,
  variables: { readonly lang: string; readonly at: unknown },
  first = ROUNDS_OF_PAGE,
): Promise<Data> {
  const results: RoundResult[] = [];
  let sources: unknown = null;
  for (let after: string | null = null, isFirst = true; isFirst || after !== null; isFirst = false) {
    const data = await read({ source: RESULTS_DOCUMENT, variables: { ...variables, first, after, isFirst } });
    const { edges, pageInfo } = data.rounds as Connection<RoundResult> & { readonly pageInfo: PageEnd };
    results.push(...edges.map(({ node }) => node));
    sources ??= data.sources;
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  }
  return { sources, rounds: { edges: results.map((node) => ({ node })) } };
}

interface PageEnd {
  readonly hasNextPage: boolean;
  readonly endCursor: string | null;
}

interface Connection<Node> {
  readonly edges: readonly { readonly node: Node }[];
}

interface Snapshot {
  readonly status: string;
  readonly revision: string;
  readonly inputRevision: string;
  readonly computedAt: string;
  readonly publishedAt: string | null;
  readonly inputHash: string;
  readonly resultHash: string;
  readonly engineVersion: string;
  readonly policy: { readonly code: string; readonly version: number };
}

/** What {@link RESULTS_DOCUMENT} asks of a round. */
interface RoundResult {
  readonly code: string;
  readonly framework: Readonly<Record<'code' | 'version', string>>;
  readonly snapshots: Connection<Pick<Snapshot, 'status' | 'revision' | 'resultHash' | 'engineVersion' | 'policy'>>;
}

interface Round {
  readonly illustrative: boolean;
  readonly framework: Readonly<Record<'code' | 'version' | 'legalBasis' | 'certaintyNote', string>>;
  readonly snapshots: Connection<Snapshot>;
}

/** Whether things of these certainties are illustrative: all, none, or some. */
export function judgeIllustrative(certainties: readonly unknown[]): About['illustrative'] {
  const count = certainties.filter((each) => each === 'ILLUSTRATIVE').length;
  return count === 0 ? false : count === certainties.length || 'partly';
}

/** What an export is, besides what the answers of its documents say. */
export interface Described {
  readonly lang: Lang;
  readonly fileName: string;
  readonly title: string;
  /** The state that was read; null = not known. */
  readonly revision: string | null;
  readonly rowCount: number | null;
  /** Whether measures of the rows are illustrative themselves; absent = none is. */
  readonly illustrative?: About['illustrative'];
  /** What a reader must know of the columns; absent = they say all. */
  readonly note?: string | undefined;
  /** Where the same file is to be had again, with its host; null = it has no address. */
  readonly url: string | null;
}

/** Whether any source that the platform has is simulated: results are made from all of them. */
export function isSimulated(data: Data): boolean {
  return sourcesOf(data).some(({ simulated }) => simulated);
}

/** Puts together what is told about a table. @param data the answer to {@link SOURCES_DOCUMENT}, {@link ROUND_DOCUMENT}, or of {@link readResults} */
export function describeExport(described: Described, data: Data): About {
  const { lang, fileName, title, revision, rowCount, url } = described;
  const say = WORDS[lang];
  const sources = sourcesOf(data);
  const round = (data.round ?? null) as Round | null;
  const snapshot = round?.snapshots.edges[0]?.node;
  const results = resultsOf(data);
  const versions = [...new Set(results.map(({ engineVersion }) => engineVersion))].sort().join(' / ');
  const simulated = isSimulated(data);
  const ofMeasures = described.illustrative ?? false;
  const illustrative = round?.illustrative === true || ofMeasures;
  const fact = (name: keyof typeof say.facts, value: string | number | null | undefined): Fact[] =>
    value === null || value === undefined ? [] : [{ name, title: say.facts[name], value: String(value) }];
  const state = [
    ...(round === null ? [] : [`${say.facts.framework} ${round.framework.code} ${round.framework.version}`]),
    ...(snapshot === undefined
      ? []
      : [
          `${say.facts.merge_policy} ${snapshot.policy.code} ${snapshot.policy.version}`,
          `${say.facts.engine_version} ${snapshot.engineVersion}`,
          `${say.facts.result_hash} ${snapshot.resultHash}`,
        ]),
    ...(versions === '' ? [] : [`${say.facts.engine_version} ${versions}`]),
    ...(revision === null ? [] : [`${say.facts.revision} ${revision}`]),
  ];
  return {
    ...{ lang, fileName, title, simulated, illustrative, sources },
    ...(snapshot === undefined ? {} : { updated: snapshot.computedAt }),
    citation: `${say.publisher}. ${[title, ...state].join(', ')}.${simulated ? ` ${say.simulatedMark}.` : ''}`,
    notes: [
      ...(simulated ? [say.simulatedNote] : []),
      ...(round?.illustrative === true ? [say.illustrativeNote] : []),
      ...(ofMeasures === false ? [] : [say.illustrativeMeasures]),
      ...(snapshot?.status === 'PROVISIONAL' ? [say.provisionalNote] : []),
      ...(round === null ? [] : [round.framework.certaintyNote]),
      ...(described.note === undefined ? [] : [described.note]),
    ],
    facts: [
      ...fact('framework', round?.framework.code),
      ...fact('framework_version', round?.framework.version),
      ...fact('legal_basis', round?.framework.legalBasis),
      ...fact('merge_policy', snapshot?.policy.code),
      ...fact('merge_policy_version', snapshot?.policy.version),
      ...fact('engine_version', snapshot?.engineVersion),
      ...fact('snapshot_status', snapshot?.status),
      ...fact('snapshot_revision', snapshot?.revision),
      ...fact('input_revision', snapshot?.inputRevision),
      ...fact('computed_at', snapshot?.computedAt),
      ...fact('published_at', snapshot?.publishedAt),
      ...fact('input_hash', snapshot?.inputHash),
      ...fact('result_hash', snapshot?.resultHash),
      ...(versions === '' ? [] : fact('engine_version', versions)),
      ...results.flatMap(({ text }) => fact('result', text)),
      ...fact('revision', revision),
      ...fact('rows', rowCount),
      ...fact('url', url),
    ],
  };
}

/** The newest result of each round in one line; none when the data do not tell of rounds. */
function resultsOf(data: Data): { readonly engineVersion: string; readonly text: string }[] {
  const rounds = (data.rounds ?? { edges: [] }) as Connection<RoundResult>;
  return rounds.edges.flatMap(({ node: { code, framework, snapshots } }) =>
    snapshots.edges.map(({ node: { status, revision, resultHash, engineVersion, policy } }) => ({
      engineVersion,
      text: `${code} ${status}, ${framework.code} ${framework.version}, ${policy.code} ${policy.version}, r${revision}, ${resultHash}`,
    })),
  );
}

function sourcesOf({ sources }: Data): readonly CitedSource[] {
  return (sources as Connection<CitedSource>).edges.map(({ node }) => node);
}

const WORDS = {
  en: {
    publisher: "DTI graph, Vietnam's Digital Transformation Index",
    simulatedMark: 'Simulated data, not official',
    simulatedNote: 'SIMULATED DATA: simulators stand in for sources that are closed. Nothing in this file is official.',
    illustrativeNote: 'ILLUSTRATIVE: this round was made up to show how the platform works.',
    illustrativeMeasures:
      'ILLUSTRATIVE: measures whose certainty is ILLUSTRATIVE were made up to show how the platform works.',
    provisionalNote: 'PROVISIONAL: the round is not published, and its result may change.',
    facts: {
      ...{ framework: 'Framework', framework_version: 'Version of the framework', legal_basis: 'Legal basis' },
      ...{ merge_policy: 'Merge policy', merge_policy_version: 'Version of the merge policy' },
      ...{ engine_version: 'Version of the method', snapshot_status: 'Status of the result' },
      ...{ snapshot_revision: 'Revision of the result', input_revision: 'Revision of its figures' },
      ...{ computed_at: 'Computed', published_at: 'Published', input_hash: 'Hash of the input' },
      ...{ result: 'Result', result_hash: 'Hash of the result', revision: 'Revision', rows: 'Rows', url: 'Address' },
    },
  },
  vi: {
    publisher: 'DTI graph, Chỉ số chuyển đổi số của Việt Nam',
    simulatedMark: 'Dữ liệu mô phỏng, không chính thức',
    simulatedNote:
      'DỮ LIỆU MÔ PHỎNG: bộ mô phỏng thay cho các nguồn chưa mở. Không có số liệu nào trong tệp này là chính thức.',
    illustrativeNote: 'MINH HOẠ: đợt này được dựng lên để trình bày cách nền tảng hoạt động.',
    illustrativeMeasures:
      'MINH HOẠ: các chỉ số có độ chắc chắn ILLUSTRATIVE được dựng lên để trình bày cách nền tảng hoạt động.',
    provisionalNote: 'TẠM TÍNH: đợt đánh giá chưa công bố, kết quả có thể thay đổi.',
    facts: {
      ...{ framework: 'Khung đánh giá', framework_version: 'Phiên bản khung', legal_basis: 'Căn cứ pháp lý' },
      ...{ merge_policy: 'Chính sách hợp nhất', merge_policy_version: 'Phiên bản chính sách hợp nhất' },
      ...{ engine_version: 'Phiên bản phương pháp', snapshot_status: 'Trạng thái kết quả' },
      ...{ snapshot_revision: 'Phiên bản của kết quả', input_revision: 'Phiên bản của số liệu đầu vào' },
      ...{ computed_at: 'Thời điểm tính', published_at: 'Thời điểm công bố', input_hash: 'Mã băm đầu vào' },
      ...{ result: 'Kết quả', result_hash: 'Mã băm kết quả', revision: 'Phiên bản', rows: 'Số dòng', url: 'Địa chỉ' },
    },
  },
} as const;
