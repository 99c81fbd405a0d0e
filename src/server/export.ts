import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { getOperationAST, parse } from 'graphql';
import { PlatformError } from '../domain/errors.js';
import { writeCsvMetadata } from '../exchange/csvMetadata.js';
import { FORMATS, type FormatName } from '../exchange/format.js';
import type { Platform } from '../graph/context.js';
import type { AnswerCache } from './answerCache.js';
import type { CompiledOperations } from './compiled.js';
import { type ErrorFormatter, errorBody } from './error.js';
import { isKnown } from './etag.js';
import { type ExportOptions, OPTION_NAMES, readOnce, readOptions, readVariables } from './exportArguments.js';
import { inPieces, nameFile, takeStart, toBytes } from './exportFile.js';
import { type ExportPlaceOptions, ExportPlaces } from './exportPlaces.js';
import { openQuery, readOperation, readQuery } from './exportQuery.js';
import { type Exporter, ExportReader, FailedOperation } from './exportReader.js';
import { type OpenTable, openTable } from './exportSheet.js';
import { EXPORT_TABLES, type ExportTable } from './exportTable.js';
import type { Identity } from './identity.js';
import type { OperationJudge } from './judge.js';
import { readingOfDocument } from './keeping.js';
import type { Metrics } from './metrics.js';
import { explain } from './sharedOperation.js';
import type { TrustedDocuments } from './trusted.js';

/** What {@link addExports} needs. */
export interface ExportRouteOptions extends ExportPlaceOptions {
  readonly compiled: CompiledOperations;
  readonly judge: OperationJudge;
  readonly cache: AnswerCache;
  readonly identity: Identity;
  readonly metrics: Metrics;
  readonly trusted: TrustedDocuments;
  readonly formatError: ErrorFormatter;
  /** Scheme and host by which people know the platform; null = those of each request. */
  readonly publicUrl: string | null;
  /** Throws PlatformError STARTING while there is none. */
  readonly platform: () => Platform;
  /** Says who asks, before the body is read. */
  readonly onRequest: NonNullable<RouteOptions['onRequest']>;
}

/** Statuses of failures; GraphQL over HTTP has 200 for most of them, a file has no place for errors. */
const STATUS: Readonly<Record<string, number>> = {
  ...{
    NOT_FOUND: 404,
    AS_OF_UNAVAILABLE: 404,
    REVISION_UNKNOWN: 404,
    AUTH_REQUIRED: 401,
    AUTH_FORBIDDEN: 403,
    DOCUMENT_NOT_TRUSTED: 403,
  },
  ...{ RATE_LIMITED: 429, TOO_MANY_OPERATIONS: 429, INTERNAL_SERVER_ERROR: 500, TIMEOUT: 504 },
};

/** The description of a CSV, by the name that CSV on the Web gives it. */
const METADATA = 'csv-metadata.json';

/**
 * Adds `/export/<table>.<format>`, and `/export` for the answers to queries of a client's own: tables as files, from the same queries as `/graphql`
 * and judged the same.
 */
export function addExports(app: FastifyInstance, options: ExportRouteOptions): void {
  const route = new ExportRoute(options);
  const { onRequest } = options;
  app.route({
    ...{ method: ['GET', 'HEAD'], url: '/export/:file', onRequest },
    handler: (request, reply) => route.answer(request, reply, () => route.readTable(request)),
  });
  app.route({
    ...{ method: ['GET', 'HEAD', 'POST'], url: '/export', onRequest },
    handler: (request, reply) => route.answer(request, reply, () => route.readQuery(request)),
  });
}

/** What a request asks for, read and known to be acceptable. */
interface Wanted {
  /** For metrics. */
  readonly name: string;
  readonly format: FormatName | typeof METADATA;
  readonly options: ExportOptions;
  open(exporter: Exporter): Promise<OpenTable>;
}

class ExportRoute {
  readonly #options: ExportRouteOptions;
  readonly #reader: ExportReader;
  readonly #places: ExportPlaces;
  readonly #exports;

  constructor(options: ExportRouteOptions) {
    this.#options = options;
    this.#reader = new ExportReader(options);
    this.#places = new ExportPlaces(options);
    const { metrics } = options;
    this.#exports = metrics.tally('dti_exports_total', 'Exports by table, format and outcome: ok, cut or the code', [
      ...(['table', 'format', 'outcome'] as const),
    ]);
    metrics.gauge('dti_exports_active', 'Exports under way', () => this.#places.active);
  }

  /** Answers with a file, or says in JSON why there is none. */
  async answer(request: FastifyRequest, reply: FastifyReply, read: () => Wanted): Promise<FastifyReply> {
    // Who went while the token was looked at is never heard of again, and would keep a place for ever.
    if (reply.raw.destroyed) return reply.hijack();
    const signal = this.#places.take(request, reply);
    if (signal === null) {
      const refusal = errorBody('TOO_MANY_OPERATIONS', this.#places.refusal);
      return reply.code(429).header('retry-after', '1').send(refusal);
    }
    let wanted: Wanted | null = null;
    const count = (outcome: string): void => {
      const { name = 'none', format = 'none' } = wanted ?? {};
      this.#exports.cell(name, format, outcome).count += 1;
    };
    try {
      wanted = read();
      const exporter: Exporter = {
        ...{ viewer: request.signedIn.viewer, platform: this.#options.platform(), signal },
        spend: (cost) => this.#options.identity.spend(request.signedIn, request.ip, cost),
      };
      const table = await wanted.open(exporter);
      return await this.#send(table, wanted, request, reply, count);
    } catch (error) {
      if (!signal.aborted) return this.#refuse(error, reply, count);
      count('cut');
      return reply.hijack();
    }
  }

  /**
   * Reads `/export/<table>.<format>?…`.
   * @throws PlatformError NOT_FOUND, BAD_USER_INPUT; FailedOperation
   */
  readTable(request: FastifyRequest): Wanted {
    const { file } = request.params as { readonly file: string };
    const dot = file.indexOf('.');
    const table = EXPORT_TABLES.get(file.slice(0, dot));
    const ending = file.slice(dot + 1);
    const format = ending === METADATA ? METADATA : readFormat(ending);
    if (table === undefined || format === null) throw unknownFile(file);
    const search = searchOf(request);
    const options = readOptions(search, format === METADATA ? 'csv' : format);
    return {
      ...{ name: table.name, format, options },
      open: (exporter) =>
        this.#openTable(table, { format, search, lang: options.lang, origin: this.#originOf(request) }, exporter),
    };
  }

  /**
   * Reads `/export?format=…&path=…` with a query in the body or the address.
   * @throws PlatformError BAD_REQUEST, BAD_USER_INPUT, DOCUMENT_NOT_TRUSTED, PERSISTED_QUERY_NOT_FOUND
   */
  readQuery(request: FastifyRequest): Wanted {
    const search = searchOf(request);
    const formats = Object.keys(FORMATS).join(', ');
    const format = readFormat(readOnce(search, 'format') ?? '');
    if (format === null) throw new PlatformError('BAD_USER_INPUT', `"format" must be one of ${formats}.`);
    const options = readOptions(search, format);
    const unknown = [...search.keys()].find((key) => !QUERY_PARAMETERS.has(key) && !OPTION_NAMES.has(key));
    if (unknown !== undefined) {
      const known = [...QUERY_PARAMETERS, ...OPTION_NAMES].join(', ');
      throw new PlatformError('BAD_USER_INPUT', `There is no parameter "${unknown.slice(0, 40)}"; there are ${known}.`);
    }
    const sent = readQuery(request.body, search);
    const source = this.#options.trusted.resolve(sent, request.signedIn.viewer);
    if (source === null)
      throw new PlatformError('BAD_REQUEST', 'Send a query: in the body as JSON, or as "query" in the address.');
    const path = readOnce(search, 'path');
    if (!path) {
      const message = 'Give path=…, the list of the answer whose items are the rows, for example path=rounds.edges.';
      throw new PlatformError('BAD_USER_INPUT', message);
    }
    const wanted = { source, ...readOperation(sent), path, lang: options.lang, limit: mostRows(format) };
    return {
      ...{ name: 'query', format, options },
      open: (exporter) => openQuery(this.#reader, this.#options.compiled.schema, wanted, exporter),
    };
  }

  #openTable(
    table: ExportTable,
    {
      format,
      search,
      lang,
      origin,
    }: {
      readonly format: Wanted['format'];
      readonly search: URLSearchParams;
      readonly lang: 'vi' | 'en';
      readonly origin: string | null;
    },
    exporter: Exporter,
  ): Promise<OpenTable> {
    const { compiled, cache } = this.#options;
    const { document, operation } = DOCUMENTS.get(table.name) ?? parseTable(table);
    const asked = new URLSearchParams(search);
    const limit = Math.min(readFirst(asked), mostRows(format) + 1);
    asked.delete('first');
    const variables = readVariables(compiled.schema, operation, asked, HIDDEN);
    // One state for all pages, and one that the file can be asked for again by.
    const reading = readingOfDocument(compiled.schema, document);
    variables.at ??= { asOf: { revision: String(cache.headOf(reading, exporter.platform.feed)) } };
    const addressAt = (revision: string | null): string => {
      const again = new URLSearchParams(search);
      if (revision !== null) {
        for (const key of [...again.keys()]) if (/^at(\.|$)/.test(key)) again.delete(key);
        again.set('at.asOf.revision', revision);
      }
      return `/export/${table.name}.${format}?${again}`;
    };
    return openTable(this.#reader, { table, lang, variables, limit, origin, addressAt }, exporter);
  }

  /** Where the platform was asked, as a proxy says when it is trusted (`TRUST_PROXY`); null = the request does not tell. */
  #originOf({ protocol, host }: FastifyRequest): string | null {
    return this.#options.publicUrl ?? URL.parse(`${protocol}://${host}`)?.origin ?? null;
  }

  /** Makes the file, whole when it is small, and sends it. */
  async #send(
    table: OpenTable,
    wanted: Wanted,
    request: FastifyRequest,
    reply: FastifyReply,
    count: (outcome: string) => void,
  ): Promise<FastifyReply> {
    const { format, options } = wanted;
    refuseLarge(table.rowCount, format);
    const { about, address, origin } = table;
    const isHead = request.method === 'HEAD';
    const bytes =
      format === METADATA
        ? toBytes([writeCsvMetadata(table, `${origin ?? ''}${address?.replace(`.${METADATA}`, '.csv') ?? ''}`)])
        : toBytes(FORMATS[format].write(table, options));
    const start = await takeStart(bytes);
    const { pieces, length, isWhole } = start;
    reply.type(format === METADATA ? 'application/csvm+json; charset=utf-8' : FORMATS[format].type);
    reply.header('content-language', about.lang);
    reply.header('content-disposition', `attachment; filename="${about.fileName}.${format}"`);
    if (address !== null) reply.header('content-location', address);
    if (format === 'csv' && address !== null) {
      reply.header(
        'link',
        `<${address.replace('.csv?', `.${METADATA}?`)}>; rel="describedby"; type="application/csvm+json"`,
      );
    }
    if (request.method !== 'POST') {
      const etag = nameFile(start, address ?? '');
      reply.header('etag', etag);
      if (request.signedIn.viewer.subject === null) reply.header('cache-control', 'public, max-age=0, must-revalidate');
      if (isKnown(request.headers['if-none-match'], etag)) {
        await bytes.return(undefined);
        count('ok');
        return reply.code(304).send();
      }
    }
    if (isWhole) {
      count('ok');
      reply.header('content-length', length);
      return isHead ? reply.send() : reply.send(streamOf(inPieces(pieces)));
    }
    if (isHead) {
      await bytes.return(undefined);
      count('ok');
      return reply.send();
    }
    return reply.send(streamOf(inPieces(this.#finish(pieces, bytes, request, count))));
  }

  /** The rest of a large file. What fails now can only be told by cutting it off, which HTTP shows the client. */
  async *#finish(
    pieces: readonly Uint8Array[],
    rest: AsyncGenerator<Uint8Array>,
    { log }: FastifyRequest,
    count: (outcome: string) => void,
  ): AsyncGenerator<Uint8Array> {
    let outcome = 'cut';
    try {
      yield* pieces;
      yield* rest;
      outcome = 'ok';
    } catch (error) {
      outcome = codeOf(error);
      if (outcome !== 'cut') log.warn({ err: error }, 'an export was cut off');
      throw error;
    } finally {
      count(outcome);
    }
  }

  #refuse(error: unknown, reply: FastifyReply, count: (outcome: string) => void): FastifyReply {
    const { formatError } = this.#options;
    const told =
      error instanceof FailedOperation
        ? error.errors.map((each) => formatError(each.toJSON(), each))
        : explain(error, formatError);
    const [first = { message: 'Internal server error', extensions: { code: 'INTERNAL_SERVER_ERROR' } }] = told;
    const { code, details } = (first.extensions ?? {}) as { code?: string; details?: Record<string, unknown> };
    count(code ?? 'INTERNAL_SERVER_ERROR');
    const retryAfter = details?.retryAfterSeconds;
    if (typeof retryAfter === 'number') reply.header('retry-after', retryAfter);
    reply.header('cache-control', 'no-store');
    return reply.code(STATUS[code ?? ''] ?? 400).send({ errors: told });
  }
}

/** Bytes as they are asked for, one piece at a time. */
function streamOf(pieces: AsyncIterable<Uint8Array>): Readable {
  return Readable.from(pieces, { objectMode: false, highWaterMark: 1 });
}

/** What the address of a query may hold besides {@link OPTION_NAMES}. */
const QUERY_PARAMETERS: ReadonlySet<string> = new Set([
  ...['format', 'path', 'query', 'variables', 'operationName', 'documentId'],
]);

/** Arguments that an export makes itself. */
const HIDDEN: ReadonlySet<string> = new Set(['first', 'after', 'lang', 'isFirst']);

const DOCUMENTS = new Map([...EXPORT_TABLES.values()].map((table) => [table.name, parseTable(table)]));

function parseTable({ document: text }: ExportTable) {
  const document = parse(text);
  const operation = getOperationAST(document);
  if (!operation) throw new Error('a table has no operation');
  return { document, operation };
}

function codeOf(error: unknown): string {
  if (error instanceof PlatformError) return error.code;
  if (error instanceof FailedOperation) return String(error.errors[0]?.extensions.code ?? 'INTERNAL_SERVER_ERROR');
  return error instanceof Error && error.name === 'AbortError' ? 'cut' : 'INTERNAL_SERVER_ERROR';
}

function readFormat(ending: string): FormatName | null {
  return Object.hasOwn(FORMATS, ending) ? (ending as FormatName) : null;
}

function mostRows(format: Wanted['format']): number {
  return FORMATS[format === METADATA ? 'csv' : format].maxRows;
}

/** @throws PlatformError EXPORT_TOO_LARGE */
function refuseLarge(rowCount: number | null, format: Wanted['format']): void {
  const most = mostRows(format);
  if (rowCount === null || rowCount <= most) return;
  const message = `The table has more than the ${most} rows that ${format} can have here. Ask for less by filters or "first", or for csv or parquet.`;
  throw new PlatformError('EXPORT_TOO_LARGE', message, { details: { limit: most } });
}

function unknownFile(file: string): PlatformError {
  const [tables, formats] = [[...EXPORT_TABLES.keys()], Object.keys(FORMATS)];
  const message = `There is no export "${file.slice(0, 80)}". Tables are ${tables.join(', ')}, formats ${formats.join(', ')}: /export/ranking.csv.`;
  return new PlatformError('NOT_FOUND', message, { details: { tables, formats } });
}

function searchOf({ raw: { url = '' } }: FastifyRequest): URLSearchParams {
  const from = url.indexOf('?');
  return new URLSearchParams(from === -1 ? '' : url.slice(from + 1));
}

/** Most rows that are wanted. @throws PlatformError BAD_USER_INPUT */
function readFirst(search: URLSearchParams): number {
  const text = readOnce(search, 'first');
  if (text === null) return Number.MAX_SAFE_INTEGER;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new PlatformError('BAD_USER_INPUT', `"first" must be how many rows at most; received "${text.slice(0, 40)}".`);
}
