import type { Checkpoint, ConnectorContext, Cursor, SourcePage } from '../../domain/connector.js';
import { compilePath } from '../decode/path.js';
import { syncFailure } from '../failure.js';
import type { JsonObject } from '../json.js';
import type { EntityByName } from '../map/entity.js';
import { createMapper } from '../map/mapRow.js';
import { type Answer, type Ask, createAsk } from './ask.js';
import type { Authenticate } from './authenticate.js';
import { chooseCursor, trackCursor } from './incremental.js';
import { createPager, type Pager, type Position } from './paginate.js';
import { describePart, listParts, type Part, type PartitionSource, splitPart, writePart } from './partition.js';
import { compilePredicate } from './predicate.js';
import { readScalar } from './readDocument.js';
import { createContextWriter } from './replay.js';
import { hashParts, type LoopMemory, readCheckpoint, requireSameParts, writeCheckpoint } from './resume.js';
import { runJob } from './runJob.js';
import type { Manifest } from './schema.js';
import { createRunScope } from './scope.js';
import type { StreamSpec } from './streamSchema.js';
import type { Scope, ScopeValue } from './template.js';
import { PAGE_VARIABLES } from './text.js';
import { compileRequest, type RequestWriter, type WrittenRequest } from './writeRequest.js';

/** What the platform knows that a manifest may refer to. */
export interface ManifestLookups {
  /** Code of the entity of a code system with a normalised name; null = none. */
  readonly entityByName: EntityByName;
  /** Codes of all entities of a code system, for partitions; `[]` when there is no such code system. */
  readonly entityCodes: (codeSystem: string) => readonly string[];
}

/** Everything that one read of a stream needs. */
export interface StreamReading {
  readonly manifest: Manifest;
  readonly stream: StreamSpec;
  readonly lookups: ManifestLookups;
  readonly context: ConnectorContext;
  /** Of the run, so that its streams share a token. */
  readonly authenticate: Authenticate;
  /** null = everything. */
  readonly cursor: Cursor | null;
  /** Where an interrupted read goes on; null = at the beginning. */
  readonly checkpoint: Checkpoint | null;
  readonly transformRows?: RowTransform | undefined;
}

/** Changes the rows of a stream between decoding and mapping; the contract suite disturbs a source of any format with it. */
export type RowTransform = (rows: readonly JsonObject[], stream: string) => readonly JsonObject[];

type Asker = (format: StreamSpec['format'] | null) => Ask;

/** Reads a stream as its manifest says: part by part, page by page. @throws PlatformError SYNC_* */
export async function* readStream(reading: StreamReading): AsyncGenerator<SourcePage, void> {
  const { stream, context, cursor, checkpoint } = reading;
  const held = checkpoint === null ? null : readCheckpoint(checkpoint);
  const startedAt = held?.startedAt ?? context.now();
  const asker = createAsker(reading);
  const run = createRunScope(context.settings.secrets, startedAt);
  const parts = await listParts(stream.partitions, createPartitionSource(reading, asker, run, startedAt));
  const partsHash = hashParts(parts);
  if (held !== null) requireSameParts(held.partsHash, partsHash);
  const loop = createLoop(reading, asker(stream.format), asker(null), startedAt);
  const stops = new Map<string, number>(held?.stops);
  const reached = new Map<string, string | number>(held?.reached);
  const ends: Cursors = { kept: cursor, validators: { ...held?.validators } };
  let memory = held?.loop ?? null;
  for (let at = held?.at ?? 0; at < parts.length; at += 1) {
    const root = parts[at];
    if (root === undefined) break;
    const key = cursorKey(root.key);
    const pieces: Part[] = [...((at === held?.at ? held.pieces : null) ?? [root])];
    for (let part = pieces.shift(); part !== undefined; part = pieces.shift()) {
      const begun = memory;
      memory = null;
      for await (const read of loop(part, run, cursor?.[key] ?? null, begun)) {
        if (read.kind === 'split') {
          pieces.unshift(...divide(part, read.reason));
          break;
        }
        ends.validators = readValidators(stream, read.answer, ends.validators);
        if (read.stop !== null) {
          stops.set(read.stop, (stops.get(read.stop) ?? 0) + 1);
          // Halves of a part share a cursor: the one that is behind counts.
          const before = reached.get(key);
          if (read.cursor !== null) reached.set(key, before === undefined ? read.cursor : earlier(before, read.cursor));
        }
        const isPartEnd = read.stop !== null && pieces.length === 0;
        const isEnd = isPartEnd && at === parts.length - 1;
        // A copy: whoever keeps the checkpoint must not see the list shrink.
        const left = read.stop === null ? [part, ...pieces] : [...pieces];
        yield {
          ...read.page,
          ...(part.key === '' ? {} : { partition: part.key }),
          stopReason: isEnd ? describeStops(stops) : null,
          cursor: isEnd ? writeCursor(stream, ends, reached) : null,
          // The result of an export is not there any more when somebody else asks for its next page.
          checkpoint:
            isEnd || stream.job !== undefined
              ? null
              : writeCheckpoint(
                  {
                    startedAt,
                    at: isPartEnd ? at + 1 : at,
                    pieces: isPartEnd || (left.length === 1 && left[0] === root) ? null : left,
                    loop: read.memory,
                    ...{ stops: [...stops], reached: [...reached], validators: ends.validators },
                  },
                  partsHash,
                ),
        };
      }
    }
  }
}

/** Asks for the first page of a stream, or orders its export. @returns what it said, for people */
export async function tryStream(reading: StreamReading): Promise<string> {
  const { manifest, stream, context } = reading;
  const startedAt = context.now();
  const asker = createAsker(reading);
  const run = createRunScope(context.settings.secrets, startedAt);
  const [part] = await listParts(stream.partitions, createPartitionSource(reading, asker, run, startedAt));
  if (part === undefined) return 'answers';
  if (stream.job !== undefined) {
    await asker(null)(compileRequest(stream.job.submit, manifest.http), new Map([...run, ...writePart(part)]));
    return `accepts the order of an export for ${stream.name}`;
  }
  const pages = createLoop(reading, asker(stream.format), asker(null), startedAt)(part, run, null, null);
  const first = await pages.next();
  await pages.return(undefined);
  if (first.done === true || first.value.kind === 'split') return `answers for ${stream.name}`;
  const { declaredTotal, rows } = first.value.page;
  return declaredTotal === null
    ? `answers with ${countRows(rows.length)} on the first page of ${stream.name}`
    : `answers and offers ${countRows(declaredTotal)} of ${stream.name}`;
}

function countRows(count: number): string {
  return count === 1 ? '1 row' : `${count} rows`;
}

function createAsker({ manifest, stream, context, authenticate, transformRows }: StreamReading): Asker {
  const { retryAfter } = manifest.http;
  return (format) =>
    createAsk({
      ...{ context, authenticate, format, retryAfter, rules: [...stream.errors, ...manifest.errors] },
      ...(transformRows !== undefined && format === stream.format
        ? { transformRows: (rows) => transformRows(rows, stream.name) }
        : {}),
    });
}

function createPartitionSource(reading: StreamReading, asker: Asker, run: Scope, now: Date): PartitionSource {
  return {
    entityCodes: reading.lookups.entityCodes,
    now,
    readParent: async (spec) => {
      const answer = await asker(spec.format ?? null)(compileRequest(spec.request, reading.manifest.http), run);
      const find = compilePath(spec.values);
      // A table has no document; its rows are looked through instead.
      const found = find(answer.document);
      const values = found.length > 0 ? found : answer.rows.flatMap((row) => find(row));
      return values.map((value) => readScalar([value])).filter((value) => value !== null);
    },
  };
}

/** What came of one request of a loop. */
type LoopRead =
  | { readonly kind: 'split'; readonly reason: string }
  | {
      readonly kind: 'page';
      readonly answer: Answer;
      readonly page: Omit<SourcePage, 'stopReason' | 'cursor' | 'partition'>;
      /** Why the loop ends here; null = it goes on. */
      readonly stop: string | null;
      /** After the last page of the loop. */
      readonly cursor: string | number | null;
      /** Where the loop goes on; null = it ends here. */
      readonly memory: LoopMemory | null;
    };

type Loop = (
  part: Part,
  run: Scope,
  last: string | number | null,
  memory: LoopMemory | null,
) => AsyncGenerator<LoopRead, void>;

/** Compiles what all parts of a stream share, and gives the function that reads one part. */
function createLoop(
  { manifest, stream, lookups, context, cursor }: StreamReading,
  ask: Ask,
  askPlain: Ask,
  startedAt: Date,
): Loop {
  const write = compileRequest(stream.request, manifest.http);
  const verify = stream.verify.map((text) => ({ text, holds: compilePredicate(text, PAGE_VARIABLES) }));
  const variables: { page: unknown; partition: unknown } = { page: null, partition: null };
  const mapRow = createMapper(stream.mapping, { entityByName: lookups.entityByName, variables });
  const describeContext = createContextWriter(stream);
  const { incremental } = stream;

  return async function* (part, run, last, memory) {
    const pager = createPager(stream.pagination, context.settings.baseUrl, memory?.count);
    const from = incremental === undefined ? null : chooseCursor(incremental, last);
    const tracker =
      incremental === undefined ? null : trackCursor(incremental, last, startedAt, memory?.tracker ?? null);
    const partScope: Scope = new Map<string, ScopeValue>([...run, ...writePart(part), ['cursor', from]]);
    const job =
      stream.job === undefined
        ? null
        : await runJob(stream.job, manifest.http, { ask: askPlain, context, scope: partScope });
    const result = stream.resultUrl ? resolveResult(job?.scope.get('job.result') ?? null, job?.address ?? '') : null;
    for (let position = memory?.position ?? pager.first; ; ) {
      const scope = new Map<string, ScopeValue>([...(job?.scope ?? partScope), ...writePosition(position, stream)]);
      const answer = await ask(redirectTo(position.url ?? result, addValidators(write, stream, cursor)), scope);
      if (answer.split !== null) {
        if (!position.isFirst)
          throw syncFailure('SYNC_PROTOCOL', `A later page of ${part.key} asks to split it: ${answer.split}.`);
        yield { kind: 'split', reason: answer.split };
        return;
      }
      if (answer.empty === null) checkPage(verify, pager, position, answer);
      // One object for all rows: the mapper reads it anew for each.
      variables.page = answer.document;
      variables.partition = describePart(part);
      tracker?.observe(answer);
      const step = pager.advance(position, answer);
      yield {
        kind: 'page',
        answer,
        page: {
          request: describeRequest(answer.request, position, part, from),
          response: answer.response,
          rows: answer.rows.map((raw) => ({ raw, records: mapRow(raw) })),
          declaredTotal: pager.readTotal(answer),
          mapContext: describeContext(variables),
        },
        memory:
          'stop' in step ? null : { position: step.next, count: pager.count(), tracker: tracker?.memory() ?? null },
        stop: 'stop' in step ? step.stop : null,
        cursor: 'stop' in step ? (tracker?.end() ?? null) : null,
      };
      if ('stop' in step) return;
      position = step.next;
    }
  };
}

function checkPage(
  verify: readonly { readonly text: string; readonly holds: ReturnType<typeof compilePredicate> }[],
  pager: Pager,
  position: Position,
  answer: Answer,
): void {
  const scope = pager.describe(position, answer);
  const broken = verify.find(({ holds }) => !holds(scope));
  if (broken === undefined) return;
  throw syncFailure(
    'SYNC_PROTOCOL',
    `A page is not what was asked for: ${broken.text} does not hold for page ${position.page}.`,
  );
}

function writePosition(position: Position, { pagination }: StreamSpec): [string, ScopeValue][] {
  const size = pagination.type === 'none' ? null : (pagination.size ?? null);
  return [
    ['page', position.page],
    ['offset', position.offset],
    ['pageSize', size],
    ['next', position.next],
    ['first', position.isFirst ? 'first' : null],
    ...Object.entries(position.carry).map(([name, value]): [string, ScopeValue] => [`carry.${name}`, value]),
  ];
}

/** The request at an address that the source gave, whose query replaces that of the manifest. */
function redirectTo(url: string | null, write: RequestWriter): RequestWriter {
  return url === null ? write : (scope) => ({ ...write(scope), url, query: {} });
}

function resolveResult(result: ScopeValue, address: string): string {
  const link = String(result);
  if (URL.canParse(link, address)) return new URL(link, address).href;
  throw syncFailure('SYNC_PROTOCOL', `The result of the export is no address: ${link.slice(0, 100)}.`);
}

function addValidators(write: RequestWriter, stream: StreamSpec, cursor: Cursor | null): RequestWriter {
  if (!stream.conditional || cursor === null) return write;
  const validators = {
    ...(cursor.etag === undefined ? {} : { 'if-none-match': String(cursor.etag) }),
    ...(cursor.lastModified === undefined ? {} : { 'if-modified-since': String(cursor.lastModified) }),
  };
  return (scope) => {
    const request = write(scope);
    return { ...request, headers: { ...request.headers, ...validators } };
  };
}

/** For people: a POST to one address needs more than its path. */
function describeRequest(request: WrittenRequest, position: Position, part: Part, cursor: ScopeValue): string {
  const query = new URLSearchParams(request.query).toString();
  const target = request.url ?? `${request.path}${query === '' ? '' : `?${query}`}`;
  if (request.method === 'GET') return `GET ${target}`;
  const place = [
    part.key,
    cursor === null ? '' : `cursor=${cursor}`,
    `page=${position.page}`,
    position.offset === 0 ? '' : `offset=${position.offset}`,
    position.next === null ? '' : `next=${position.next}`,
  ];
  return `POST ${target} ${place.filter((each) => each !== '').join(' ')}`;
}

function divide(part: Part, reason: string): readonly Part[] {
  const halves = splitPart(part);
  if (halves !== null) return halves;
  const what = part.key === '' ? 'The stream has no partitions' : `${part.key} has one value only`;
  throw syncFailure('SYNC_PROTOCOL', `The source asks for smaller parts (${reason}). ${what}, and cannot be split.`);
}

/** The reasons of all loops; with a count when there are several. */
function describeStops(stops: ReadonlyMap<string, number>): string {
  const reasons = [...stops].toSorted(([, left], [, right]) => right - left);
  const [first] = reasons;
  if (reasons.length === 1 && first?.[1] === 1) return first[0];
  const shown = reasons.slice(0, 5).map(([reason, count]) => `${reason} (${count})`);
  return `${shown.join(', ')}${reasons.length > 5 ? `, and ${reasons.length - 5} other reasons` : ''}`;
}

interface Cursors {
  /** That of the last run, kept where nothing new is known. */
  readonly kept: Cursor | null;
  validators: Record<string, string>;
}

function cursorKey(partKey: string): string {
  return partKey === '' ? 'cursor' : `cursor ${partKey}`;
}

function earlier(left: string | number, right: string | number): string | number {
  const [a, b] = [Number(left), Number(right)];
  const isNumber = !Number.isNaN(a) && !Number.isNaN(b);
  return (isNumber ? a <= b : String(left) <= String(right)) ? left : right;
}

function readValidators(
  { conditional }: StreamSpec,
  { response }: Answer,
  before: Record<string, string>,
): Record<string, string> {
  if (!conditional) return {};
  const { etag, 'last-modified': lastModified } = response.headers;
  if (response.status === 304) return before;
  return { ...(etag === undefined ? {} : { etag }), ...(lastModified === undefined ? {} : { lastModified }) };
}

function writeCursor(stream: StreamSpec, ends: Cursors, reached: ReadonlyMap<string, string | number>): Cursor | null {
  if (stream.incremental === undefined && !stream.conditional) return null;
  const isNew = Object.keys(ends.validators).length > 0;
  const kept = Object.entries(ends.kept ?? {}).filter(
    ([name]) => !isNew || (name !== 'etag' && name !== 'lastModified'),
  );
  return { ...Object.fromEntries(kept), ...ends.validators, ...Object.fromEntries(reached) };
}
