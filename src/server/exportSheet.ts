import type { About, Column, Row, Table } from '../exchange/table.js';
import { revisionOfCursor } from '../graph/connection.js';
import { describeExport, isSimulated, judgeIllustrative, ROUND_DOCUMENT, SOURCES_DOCUMENT } from './exportAbout.js';
import type { Data, Exporter, ExportReader, ReadPage, RowOperation } from './exportReader.js';
import type { ExportTable, Node } from './exportTable.js';

/** Rows of a page: a page of observations costs some 40,000 of the 150,000 that an operation may. */
const PAGE = 1000;

/** A table whose first page has been read, so that what fails has failed before anything is sent. */
export interface OpenTable extends Table {
  /** How many rows there will be; null = that is not known before the end. */
  readonly rowCount: number | null;
  /** Path and query by which the same file is to be had again; null = it came by POST. */
  readonly address: string | null;
  /** Scheme and host before `address`; null = not known. */
  readonly origin: string | null;
}

/** What is to be exported of one of the tables that have an address. */
export interface TableRequest {
  readonly table: ExportTable;
  readonly lang: About['lang'];
  /** The arguments of its field, with `at`. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** Most rows that are wanted. */
  readonly limit: number;
  /** Scheme and host before its address; null = not known. */
  readonly origin: string | null;
  /** Where the same rows are to be had again, given their revision. */
  readonly addressAt: (revision: string | null) => string;
}

interface Connection {
  readonly totalCount?: number;
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly edges: readonly { readonly node: Node }[];
}

/**
 * Opens one of the tables that have an address: asks for the first page, and for what is told about it, in the same state.
 * @throws FailedOperation, PlatformError RATE_LIMITED
 */
export async function openTable(reader: ExportReader, request: TableRequest, exporter: Exporter): Promise<OpenTable> {
  const { table, lang, limit, addressAt } = request;
  const variables = { ...request.variables, lang: lang.toUpperCase() };
  const operationOf = (after: string | null, count: number): RowOperation => ({
    source: table.document,
    variables: { ...variables, after, first: Math.min(PAGE, limit - count), isFirst: after === null },
  });
  const firstData = await reader.read(operationOf(null, 0), exporter);
  const { totalCount = 0, pageInfo } = firstData.rows as Connection;
  const revision = revisionRead(request.variables, pageInfo.endCursor);
  const at = revision === null ? request.variables.at : { asOf: { revision } };
  const { round } = request.variables;
  const about = await reader.read(
    {
      source: round === undefined ? SOURCES_DOCUMENT : ROUND_DOCUMENT,
      variables: { lang: lang.toUpperCase(), at, ...(round === undefined ? {} : { round }) },
    },
    exporter,
  );
  const simulated = isSimulated(about);
  const illustrative = await readIllustrative(reader, request, { firstData, at }, exporter);
  const turn = (data: Data, before: number): ReadPage => {
    const { edges, pageInfo: page } = data.rows as Connection;
    const rows = edges.map((edge): Row => {
      const node = table.nodeOf(edge);
      return table.columns.map(({ read }) => read(node, simulated));
    });
    return { rows, next: page.hasNextPage && before + rows.length < limit ? page.endCursor : null };
  };
  const rowCount = Math.min(totalCount, limit);
  const address = addressAt(revision);
  return {
    name: table.name,
    columns: table.columns.map(({ titles, read: _read, ...column }): Column => ({ ...column, title: titles[lang] })),
    batches: reader.follow(turn(firstData, 0), operationOf, turn, exporter),
    rowCount,
    address,
    origin: request.origin,
    about: describeExport(
      {
        ...{
          lang,
          revision,
          rowCount,
          illustrative,
          url: request.origin === null ? address : `${request.origin}${address}`,
        },
        fileName: fileNameOf(table, request.variables, revision),
        title: titleOf(table, request.variables, lang),
        note: table.notes?.[lang],
      },
      about,
    ),
  };
}

/** Whether the measures of the rows are illustrative: as the first page says when it holds all, else as the groups of the same scores say. */
async function readIllustrative(
  reader: ExportReader,
  { table, variables }: TableRequest,
  { firstData, at }: { readonly firstData: Data; readonly at: unknown },
  exporter: Exporter,
): Promise<About['illustrative']> {
  const { edges, pageInfo } = firstData.rows as Connection;
  if (table.measures === undefined || !pageInfo.hasNextPage) {
    return judgeIllustrative(edges.map((edge) => certaintyOf(table.nodeOf(edge))));
  }
  const { orderBy: _orderBy, ...asked } = variables;
  const { groups } = await reader.read({ source: table.measures, variables: { ...asked, at } }, exporter);
  return judgeIllustrative((groups as Connection).edges.map(({ node }) => certaintyOf(node.key as Node)));
}

function certaintyOf({ measure }: Node): unknown {
  return (measure as Data | undefined)?.certainty;
}

/** The revision that was read: the one that was asked for, else what the cursor of a row says. */
function revisionRead({ at }: TableRequest['variables'], cursor: string | null): string | null {
  const asked = (at as { asOf?: { revision?: string } } | null | undefined)?.asOf?.revision ?? null;
  if (asked !== null) return asked;
  const read = cursor === null ? 0 : revisionOfCursor(cursor);
  return read === 0 ? null : String(read);
}

/** What a table is of, from the widest to the narrowest. */
function partsOf({ name }: ExportTable, variables: TableRequest['variables']): string[] {
  const { round, measure, kind, parent, peerGroup } = variables;
  const measureCode = name === 'ranking' ? (measure ?? 'INDEX') : measure;
  return [round, measureCode, kind, parent, peerGroup].flatMap((part) => (typeof part === 'string' ? [part] : []));
}

/** `dti-PROVINCE-2022-INDEX-ranking-r1795338000123456`; the whole of a filter is in the address only. */
function fileNameOf(table: ExportTable, variables: TableRequest['variables'], revision: string | null): string {
  const filtered = variables.filter ? ['filtered'] : [];
  const state = revision === null ? [] : [`r${revision}`];
  const parts = ['dti', ...partsOf(table, variables), table.name, ...filtered, ...state];
  return parts.map((part) => part.replace(/[^\w.-]+/g, '_')).join('-');
}

function titleOf(table: ExportTable, variables: TableRequest['variables'], lang: About['lang']): string {
  const parts = partsOf(table, variables);
  return [table.titles[lang], ...(parts.length === 0 ? [] : [parts.join(', ')])].join(': ');
}
