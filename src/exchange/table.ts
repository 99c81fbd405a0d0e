/** What a cell may hold; decimals are exact and come as text, times are ISO 8601. */
export type CellType = 'TEXT' | 'INTEGER' | 'NUMBER' | 'DECIMAL' | 'BOOLEAN' | 'TIME';

/** What a column does in a statistical table, in the words of SDMX; a LABEL is the name of what another column says by its code. */
export type ColumnRole = 'DIMENSION' | 'MEASURE' | 'ATTRIBUTE' | 'LABEL';

/** A column of a {@link Table}. */
export interface Column {
  /** Stable, snake_case, whatever the language. */
  readonly name: string;
  /** For people, in the language of the table. */
  readonly title: string;
  readonly type: CellType;
  readonly role: ColumnRole;
  /** What its dimension is about. */
  readonly about?: 'PLACE' | 'TIME';
  /** Id of its concept in SDMX; absent = the name in capitals. */
  readonly concept?: string;
  /** LABEL: the column whose codes it names. */
  readonly of?: string;
  /** The column by whose codes the value has this unit. */
  readonly unitBy?: string;
  /** TEXT: a number as it is published, such as `0.8200`; the formats keep its zeros, and it has a comma where numbers have one. */
  readonly isFigure?: boolean;
}

/** A cell: text and decimals as text, null = nothing is known. */
export type Cell = string | number | boolean | null;

/** The cells of one row, in the order of the columns. */
export type Row = readonly Cell[];

/** A source that a table rests on. */
export interface CitedSource {
  readonly key: string;
  readonly name: string;
  readonly citation: string;
  readonly licence: string;
  readonly simulated: boolean;
}

/** A statement about a table. */
export interface Fact {
  /** Stable, snake_case. */
  readonly name: string;
  readonly title: string;
  readonly value: string;
}

/** Everything that is told about a table besides its rows. It holds nothing of the moment when the file is made, so that equal tables are equal files. */
export interface About {
  readonly lang: 'vi' | 'en';
  /** Without ending; letters, digits, dots and hyphens. */
  readonly fileName: string;
  readonly title: string;
  /** How to cite it. */
  readonly citation: string;
  /** The data are simulated, in whole or in part. */
  readonly simulated: boolean;
  /** Whether its rows were made up to show how the platform works: all, none, or some of them. */
  readonly illustrative: boolean | 'partly';
  /** When the result that it shows was computed, ISO; absent = it shows none. */
  readonly updated?: string;
  /** What a reader must know. */
  readonly notes: readonly string[];
  readonly facts: readonly Fact[];
  readonly sources: readonly CitedSource[];
}

/** A table on its way out: rows come in batches, when they are asked for, and once. */
export interface Table {
  /** Such as `ranking`. */
  readonly name: string;
  readonly columns: readonly Column[];
  readonly batches: AsyncIterable<readonly Row[]>;
  readonly about: About;
}

/** What is told about a table, as names and values in a fixed order; for formats that have no structure for it. */
export function factsOf({ about }: Pick<Table, 'about'>): readonly Fact[] {
  const say = SENTENCES[about.lang];
  return [
    { name: 'title', title: say.title, value: about.title },
    { name: 'simulated', title: say.simulated, value: String(about.simulated) },
    { name: 'illustrative', title: say.illustrative, value: String(about.illustrative) },
    ...about.notes.map((value) => ({ name: 'note', title: say.note, value })),
    { name: 'citation', title: say.citation, value: about.citation },
    ...about.facts,
    ...about.sources.map(({ name, citation, licence, simulated }) => ({
      name: 'source',
      title: say.source,
      value: `${name}${simulated ? ` (${say.simulatedSource})` : ''}. ${citation} ${say.licence}: ${licence}`,
    })),
  ];
}

const SENTENCES = {
  en: {
    ...{ title: 'Title', simulated: 'Simulated', illustrative: 'Illustrative', note: 'Note', citation: 'Citation' },
    ...{ source: 'Source', simulatedSource: 'simulated', licence: 'Licence' },
  },
  vi: {
    ...{ title: 'Tiêu đề', simulated: 'Mô phỏng', illustrative: 'Minh hoạ', note: 'Ghi chú', citation: 'Trích dẫn' },
    ...{ source: 'Nguồn', simulatedSource: 'mô phỏng', licence: 'Giấy phép' },
  },
};
