import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createSourceEventStream,
  type ExecutionArgs,
  execute,
  type GraphQLFormattedError,
  type GraphQLSchema,
  graphql,
  parse,
} from 'graphql';
import { PUBLIC_VIEWER } from '../../src/access/viewer.js';
import { DATA_FOLDER } from '../../src/config.js';
import type { Catalogue } from '../../src/domain/catalogue.js';
import { createContext, type Platform } from '../../src/graph/context.js';
import { formatGraphError } from '../../src/graph/errors.js';
import { FlowSubscription, LiveSubscription } from '../../src/graph/live.js';
import { buildGraphSchema } from '../../src/graph/schema.js';
import { computeRound } from '../../src/pipeline/compute.js';
import { registerSource, SELF_REPORT } from '../../src/pipeline/source.js';
import { submit } from '../../src/pipeline/submit.js';
import { type CatalogueHolder, holdCatalogue, openServing } from '../../src/platform.js';
import { CompiledOperations } from '../../src/server/compiled.js';
import { Hub } from '../../src/server/hub.js';
import type { SharedOperation } from '../../src/server/hubGroup.js';
import type { Message } from '../../src/server/message.js';
import { shareOperation } from '../../src/server/sharedOperation.js';
import type { Sink } from '../../src/server/sink.js';
import { type NewObservation, writeObservations } from '../../src/store/observation.js';
import type { Database } from '../../src/store/orm.js';
import { nextChangeId, takeRevision } from '../../src/store/revision.js';
import { SyncRunTable } from '../../src/store/tables/syncRun.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { entityOf, NOW, record, rowsOf } from '../store/batch.js';

const CONTRACT = join(import.meta.dirname, 'contract');

/** A document of the contract. */
export function contractDocument(name: string): string {
  return readFileSync(join(CONTRACT, `${name}.graphql`), 'utf8');
}

/** An answer as it arrives; it has the shape of its query, which tests assert on. */
export type Answer = ReturnType<typeof JSON.parse>;

/** What an operation came to, as a client sees it. */
export interface Result {
  readonly data: Answer;
  readonly errors: readonly GraphQLFormattedError[];
}

/** A platform with results of 2021 and 2022 and an open round of 2026, and ways to ask and change it. */
export interface GraphFixture {
  readonly database: Database;
  readonly url: string;
  readonly platform: Platform;
  readonly schema: GraphQLSchema;
  catalogue(): Catalogue;
  /** What was logged as unforeseen. */
  readonly log: unknown[];
  ask(document: string, variables?: Record<string, unknown>, platform?: Platform): Promise<Result>;
  /** The data; fails when there are errors. */
  read(document: string, variables?: Record<string, unknown>): Promise<Answer>;
  /** The code of the only error. */
  fail(document: string, variables?: Record<string, unknown>): Promise<string>;
  /** Subscribes; each event executed as the server does. */
  watch(
    document: string,
    variables?: Record<string, unknown>,
    platform?: Platform,
  ): Promise<(AsyncIterator<Result> & { readonly hub?: Hub }) | Result>;
  /** Writes one figure of the national database about the open round. */
  measure(entityKey: string, indicatorCode: string, numerator: number, denominator: number): Promise<number>;
  /** Computes a round; resolves when the platform serves the result. @returns its revision, or null when nothing changed */
  compute(roundCode: string, publish?: boolean): Promise<number | null>;
  close(): Promise<void>;
}

/** Opens it on a database of its own. @param filled one that has everything already, such as a restored one */
export async function openGraph(filled: TestDatabase | null = null): Promise<GraphFixture> {
  const test: TestDatabase = filled ?? (await openTestDatabase('reference'));
  const { database, url } = test;
  const holder = await holdCatalogue(database);
  const sources = filled === null ? await load(database, holder) : { measured: await findMeasured(database) };
  const serving = await openServing(database, holder, { publicProvisional: true, log: () => undefined });
  const { platform } = serving;
  const schema = buildGraphSchema();
  const compiled = new CompiledOperations(schema);
  const log: unknown[] = [];
  const format = (error: GraphQLFormattedError, original: unknown) =>
    formatGraphError(error, original, (_, unforeseen) => log.push(unforeseen));

  async function ask(document: string, variables: Record<string, unknown> = {}, on = platform): Promise<Result> {
    const contextValue = createContext(on);
    const { data, errors } = await graphql({ schema, source: document, variableValues: variables, contextValue });
    return { data: plain(data), errors: (errors ?? []).map((error) => format(error.toJSON(), error)) };
  }

  /** A live field as the server serves it. */
  function follow(args: ExecutionArgs, field: SharedOperation['field'], since: number | null, on: Platform) {
    const hub = new Hub({ onFailure: (error) => log.push(error) });
    const queue = new QueueSink();
    const operation = shareOperation(args, field, {
      ...{ compiled, formatError: format, viewer: PUBLIC_VIEWER },
      createContext: () => createContext(on),
    });
    hub.join(on.feed, operation, since, queue);
    return {
      hub,
      next: () => queue.take(),
      async return() {
        hub.close();
        return { done: true as const, value: undefined };
      },
    };
  }

  async function served(revision: number): Promise<void> {
    while (platform.feed.head < revision) await platform.feed.changed(platform.feed.head, AbortSignal.timeout(10_000));
  }

  return {
    database,
    url,
    platform,
    schema,
    log,
    catalogue: () => holder.current(),
    ask,
    async read(document, variables) {
      const { data, errors } = await ask(document, variables);
      if (errors.length > 0) throw new Error(JSON.stringify(errors));
      return data;
    },
    async fail(document, variables) {
      const { errors } = await ask(document, variables);
      return errors.map(({ extensions }) => String(extensions?.code)).join();
    },
    async watch(document, variables = {}, on = platform) {
      const args = { schema, document: parse(document), variableValues: variables };
      const events = await createSourceEventStream({ ...args, contextValue: createContext(on) });
      if (!(Symbol.asyncIterator in events)) {
        return { data: null, errors: (events.errors ?? []).map((error) => format(error.toJSON(), error)) };
      }
      if (events instanceof LiveSubscription) return follow(args, events.field, events.since, on);
      if (events instanceof FlowSubscription) return follow(args, events.field, null, on);
      const iterator = events[Symbol.asyncIterator]();
      return {
        async next() {
          const event = await iterator.next();
          if (event.done) return { done: true, value: undefined };
          const { data, errors } = await execute({
            ...args,
            rootValue: event.value,
            contextValue: createContext(on),
          });
          return {
            done: false,
            value: { data: plain(data), errors: (errors ?? []).map((error) => format(error.toJSON(), error)) },
          };
        },
        async return() {
          await iterator.return?.();
          return { done: true, value: undefined };
        },
      };
    },
    async measure(entityKey, indicatorCode, numerator, denominator) {
      const catalogue = holder.current();
      const figure = {
        entityId: entityOf(catalogue, entityKey),
        indicatorId: catalogue.measureByCode('PDTI-922', indicatorCode)?.id ?? 0,
        numerator: String(numerator),
        denominator: String(denominator),
      };
      const revision = await writeFigures(database, sources.measured, null, [record(figure)]);
      await served(revision);
      return revision;
    },
    async compute(roundCode, publish = false) {
      const options = { database, catalogue: holder.current(), roundCode, publish, now: () => new Date() };
      const { revision } = await computeRound(options);
      if (revision !== null) await served(revision);
      return revision;
    },
    async close() {
      await serving.close();
      await test.drop();
    },
  };
}

/** A subscriber that reads everything at once and keeps it. */
class QueueSink implements Sink {
  readonly unreadBytes = 0;
  readonly #results: IteratorResult<Result, undefined>[] = [];
  #wake: () => void = () => undefined;

  next({ payload }: Message): void {
    const { data = null, errors = [] } = JSON.parse(payload);
    this.#push({ done: false, value: { data, errors } });
  }

  fail({ payload }: Message): void {
    this.#push({ done: false, value: { data: null, errors: JSON.parse(payload) } });
    this.complete();
  }

  complete(): void {
    this.#push({ done: true, value: undefined });
  }

  cut(): void {
    this.complete();
  }

  whenRead(callback: () => void): void {
    setImmediate(callback);
  }

  async take(): Promise<IteratorResult<Result, undefined>> {
    while (this.#results.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    const [first = { done: true as const, value: undefined }] = this.#results;
    // The end stays the end, however often it is asked for.
    if (!first.done) this.#results.shift();
    return first;
  }

  #push(result: IteratorResult<Result, undefined>): void {
    this.#results.push(result);
    this.#wake();
  }
}

/** Answers as they arrive: graphql-js makes objects without a prototype and leaves dates to the serialiser. */
function plain(data: unknown): Answer {
  return data === undefined || data === null ? null : JSON.parse(JSON.stringify(data));
}

/** Systems whose figures come from the national database of the test; the others are reported by the bodies. */
const MEASURED = new Set(['einvoice', 'public_services', 'population']);

async function findMeasured(database: Database): Promise<number> {
  const [source] = await rowsOf<{ id: number }>(database, `select id from source where key = 'registry'`);
  return source?.id ?? 0;
}

async function load(database: Database, holder: CatalogueHolder): Promise<{ measured: number }> {
  const measured = await registerSource(
    database,
    {
      ...SELF_REPORT,
      key: 'registry',
      name: { vi: 'Sổ đăng ký', en: 'Registry' },
      kind: 'NATIONAL_DATABASE',
      freshnessLimitSeconds: 60,
    },
    'ACTIVE',
    NOW,
  );
  const reported = await registerSource(database, SELF_REPORT, 'ACTIVE', NOW);
  const run = await addRuns(database, measured);
  for (const [file, codeSystem, framework, year] of [
    ['PROVINCE-2021', 'GSO-2004', 'PDTI-922', 2021],
    ['PROVINCE-2022', 'GSO-2004', 'PDTI-922', 2022],
    ['MINISTRY-2021', 'CENTRAL', 'MDTI-922', 2021],
    ['MINISTRY-2022', 'CENTRAL', 'MDTI-922', 2022],
    ['PROVINCE-OPEN', 'GSO-2025', 'PDTI-922', 2026],
  ] as const) {
    const figures = readFigures(holder.current(), file, codeSystem, framework, year);
    const isMeasured = ({ system }: { system: string | null }) => system !== null && MEASURED.has(system);
    const rows = figures
      .filter(isMeasured)
      .map((figure, index) => ({ ...figure.row, pageSequence: 1, rowNumber: index + 1, rowHash: 'f0' }));
    await writeFigures(database, measured, run, rows);
    const others = figures.filter((figure) => !isMeasured(figure)).map(({ row }) => row);
    await writeFigures(database, reported, null, others);
  }
  const claim = {
    indicatorCode: 'ECO_ACTIVITY.08',
    evidence: [{ title: 'Annual report', reference: '12/BC' }],
    reviewNote: 'lowered',
  };
  const figure = (numerator: string) => ({ value: null, numerator, denominator: '100' });
  const item = { ...claim, claimed: figure('99'), accepted: figure('98'), state: 'ADJUSTED' as const };
  const report = {
    roundCode: 'PROVINCE-2026',
    entityKey: 'GSO-2025:48',
    reviewer: 'review board',
    simulated: true,
    items: [item],
  };
  await submit(database, holder.current(), [report], NOW);
  for (const roundCode of ['PROVINCE-2021', 'PROVINCE-2022', 'MINISTRY-2021', 'MINISTRY-2022']) {
    await computeRound({ database, catalogue: holder.current(), roundCode, publish: true, now: () => new Date() });
  }
  await computeRound({ database, catalogue: holder.current(), roundCode: 'PROVINCE-2026', now: () => new Date() });
  await holder.reload();
  return { measured };
}

/** Writes figures in a transaction of their own. @returns its revision */
async function writeFigures(
  database: Database,
  sourceId: number,
  syncRunId: number | null,
  rows: readonly NewObservation[],
): Promise<number> {
  return database.fork().transactional(async (em) => {
    const changeId = await nextChangeId(em);
    await writeObservations(em, { sourceId, syncRunId, retrievedAt: NOW, changeId }, rows);
    return takeRevision(em, { changeId, kind: 'OBSERVATIONS', roundIds: [], sourceId });
  });
}

async function addRuns(database: Database, sourceId: number): Promise<number> {
  const em = database.fork();
  const shared = {
    sourceId,
    sourceVersion: 1,
    mode: 'FULL_REFRESH',
    startedAt: NOW,
    finishedAt: NOW,
    skippedRules: {},
  };
  const good = em.create(SyncRunTable, {
    ...{ ...shared, status: 'SUCCEEDED', stopReasons: { statistics: 'no next cursor' } },
    ...{ read: 3, written: 2, unchanged: 1, pages: 1 },
  });
  await em.flush();
  const failed = { errorCode: 'SYNC_AUTH', errorMessage: 'refused', failureType: 'config_error' };
  for (let index = 0; index < 4; index += 1) {
    em.create(SyncRunTable, { ...shared, status: 'FAILED', stopReasons: {}, ...failed });
    await em.flush();
  }
  return good.id;
}

function readFigures(catalogue: Catalogue, file: string, codeSystem: string, framework: string, year: number) {
  const text = readFileSync(join(DATA_FOLDER, 'demonstration', `figures-${file}.csv`), 'utf8');
  const orNull = (cell: string | undefined) => (cell === undefined || cell === '' ? null : cell);
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [entity, code = '', value, numerator, denominator] = line.split(',');
      const measure = catalogue.measureByCode(framework, code);
      if (measure === undefined) throw new Error(`${file}: no indicator ${code}`);
      const row: NewObservation = record({
        ...{
          entityId: entityOf(catalogue, `${codeSystem}:${entity}`),
          indicatorId: measure.id,
          year,
          period: String(year),
        },
        ...{ value: orNull(value), numerator: orNull(numerator), denominator: orNull(denominator) },
      });
      return { row, system: measure.indicator?.sourceSystem ?? null };
    });
}
