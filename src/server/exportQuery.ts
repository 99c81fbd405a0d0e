import type { GraphQLSchema } from 'graphql';
import { PlatformError } from '../domain/errors.js';
import type { About, Cell, Column, Row } from '../exchange/table.js';
import { describeExport, isSimulated, readResults } from './exportAbout.js';
import { readJson, readOnce } from './exportArguments.js';
import type { Data, Exporter, ExportReader, ReadPage, RowOperation } from './exportReader.js';
import { shapeOf } from './exportShape.js';
import type { OpenTable } from './exportSheet.js';
import { isRecord } from './record.js';
import type { DocumentRequest } from './trusted.js';

/** A query of a client's own, and which list of its answer is wanted. */
export interface QueryRequest extends RowOperation {
  /** Response keys from the root to a list: `ranking.edges`. */
  readonly path: string;
  readonly lang: About['lang'];
  /** Most rows that the format can have. */
  readonly limit: number;
}

/** The variable that an operation declares to be read page by page, as `gh api graphql --paginate` has it with `endCursor`. */
const AFTER = 'after';

/** A query as it came, its document not yet resolved. */
export interface SentQuery extends DocumentRequest {
  readonly operationName?: unknown;
  readonly variables?: unknown;
}

/**
 * The query of a request: of the body of a POST, else of the address.
 * @throws PlatformError BAD_REQUEST, BAD_USER_INPUT
 */
export function readQuery(body: unknown, search: URLSearchParams): SentQuery {
  if (body !== undefined && body !== null) {
    if (isRecord(body)) return body;
    throw new PlatformError('BAD_REQUEST', 'The body must be JSON: { "query": "…", "variables": { … } }.');
  }
  const variables = readOnce(search, 'variables');
  return {
    ...{ query: readOnce(search, 'query') ?? undefined, operationName: readOnce(search, 'operationName') },
    documentId: readOnce(search, 'documentId') ?? undefined,
    variables: variables === null ? null : readJson(variables, 'variables'),
  };
}

/**
 * The rest of what a query says, besides its document.
 * @throws PlatformError BAD_REQUEST
 */
export function readOperation({
  operationName,
  variables,
}: SentQuery): Pick<RowOperation, 'operationName' | 'variables'> {
  const name = operationName ?? null;
  const values = variables ?? {};
  if ((name === null || typeof name === 'string') && isRecord(values))
    return { operationName: name, variables: values };
  throw new PlatformError('BAD_REQUEST', '"operationName" must be a text and "variables" an object.');
}

/**
 * Opens the rows of a query of a client's own. It goes through all pages when it declares `$after` and asks for `pageInfo { hasNextPage endCursor }`
 * beside the first list of the path; else the one answer is all.
 * @throws FailedOperation, PlatformError BAD_USER_INPUT, RATE_LIMITED
 */
export async function openQuery(
  reader: ExportReader,
  schema: GraphQLSchema,
  request: QueryRequest,
  exporter: Exporter,
): Promise<OpenTable> {
  const { source, operationName = null, variables, path, lang, limit } = request;
  const judged = reader.judge(request, exporter.viewer);
  const { columns, rowsOf, connectionOf } = shapeOf(schema, judged, path);
  const isPaged = judged.operation.variableDefinitions?.some(({ variable }) => variable.name.value === AFTER) ?? false;
  let last: string | null = null;
  const turn = (data: Data, before: number): ReadPage => {
    const rows = rowsOf(data);
    if (before + rows.length > limit) {
      const message = `The table has more than the ${limit} rows that the format can have here. Ask for less by filters, or for csv or parquet.`;
      throw new PlatformError('EXPORT_TOO_LARGE', message, { details: { limit } });
    }
    const next = isPaged ? nextAfter(connectionOf(data)) : null;
    if (next !== null && next === last) {
      throw new PlatformError(
        'BAD_USER_INPUT',
        `The list at "${path}" does not use the variable "after", so its pages are all the same.`,
      );
    }
    last = next;
    return { rows, next };
  };
  const revision = String(exporter.platform.feed.head);
  const first = turn(await reader.read(request, exporter), 0);
  const about = await readResults((operation) => reader.read(operation, exporter), {
    ...{ lang: lang.toUpperCase(), at: { asOf: { revision } } },
  });
  const next = (after: string): RowOperation => ({
    source,
    operationName,
    variables: { ...variables, [AFTER]: after },
  });
  const title = judged.operation.name?.value ?? path;
  const mark = isSimulated(about) ? '-simulated' : '';
  const described = describeExport(
    {
      ...{ lang, title, revision, rowCount: null, url: null },
      fileName: `dti-${title.replace(/[^\w.-]+/g, '_')}${mark}-r${revision}`,
    },
    about,
  );
  const facts = [
    ...described.facts,
    { name: 'query', title: 'query', value: source },
    { name: 'variables', title: 'variables', value: JSON.stringify(judged.variables) },
    { name: 'path', title: 'path', value: path },
  ];
  const marks = marksOf(described, columns);
  return {
    ...{ name: 'query', rowCount: null, address: null, origin: null, about: { ...described, facts } },
    columns: [...columns, ...marks.map(({ column }) => column)],
    batches: markRows(reader.follow(first, next, turn, exporter), marks),
  };
}

/** A column that has the same cell in every row. */
interface Mark {
  readonly column: Column;
  readonly cell: Cell;
}

/**
 * What every row says of the whole: a file is passed on without its headers, and rows are copied out of it. The tables that have an address have
 * `simulated` among their columns, and a description beside them; an answer to a POST has none, so it is cited in the rows. A name that the query itself
 * uses stays its own.
 */
function marksOf({ lang, simulated, citation }: About, columns: readonly Column[]): Mark[] {
  const title = {
    en: { simulated: 'Simulated', citation: 'Citation' },
    vi: { simulated: 'Mô phỏng', citation: 'Trích dẫn' },
  }[lang];
  const marks: Mark[] = [
    { column: { name: 'simulated', title: title.simulated, type: 'BOOLEAN', role: 'ATTRIBUTE' }, cell: simulated },
    { column: { name: 'citation', title: title.citation, type: 'TEXT', role: 'ATTRIBUTE' }, cell: citation },
  ];
  return marks.filter(({ column }) => !columns.some(({ name }) => name === column.name));
}

async function* markRows(batches: AsyncIterable<readonly Row[]>, marks: readonly Mark[]): AsyncGenerator<Row[]> {
  const cells = marks.map(({ cell }) => cell);
  for await (const rows of batches) yield rows.map((row) => [...row, ...cells]);
}

function nextAfter(connection: Data | null): string | null {
  const page = connection?.pageInfo;
  if (!isRecord(page) || page.hasNextPage !== true) return null;
  return typeof page.endCursor === 'string' ? page.endCursor : null;
}
