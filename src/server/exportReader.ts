import { setTimeout as sleep } from 'node:timers/promises';
import { type GraphQLError, OperationTypeNode } from 'graphql';
import type { Viewer } from '../access/viewer.js';
import { PlatformError } from '../domain/errors.js';
import type { Row } from '../exchange/table.js';
import { createContext, type Platform } from '../graph/context.js';
import type { CompiledOperations } from './compiled.js';
import { executeWithinTime } from './deadline.js';
import type { JudgedOperation, OperationJudge } from './judge.js';
import type { Metrics } from './metrics.js';

/** What {@link ExportReader} needs. */
export interface ExportReaderOptions {
  readonly compiled: CompiledOperations;
  readonly judge: OperationJudge;
  readonly metrics: Metrics;
}

/** Who exports. */
export interface Exporter {
  readonly viewer: Viewer;
  readonly platform: Platform;
  /** Counts a cost against who asks; throws PlatformError RATE_LIMITED. */
  readonly spend: (cost: number) => void;
  /** Aborts when nobody waits for the file any more. */
  readonly signal: AbortSignal;
}

/** An operation whose answers become rows. */
export interface RowOperation {
  readonly source: string;
  readonly operationName?: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The data of an answer, whose shape is that of its operation. */
export type Data = Readonly<Record<string, unknown>>;

/** Where a page lies, as its answer says. */
export interface ReadPage {
  readonly rows: readonly Row[];
  /** The cursor that the next page begins after; null = this is the last one. */
  readonly next: string | null;
}

/** Errors of an operation that was refused or failed; an export shows all of it or nothing. */
export class FailedOperation extends Error {
  constructor(readonly errors: readonly GraphQLError[]) {
    super(errors[0]?.message);
  }
}

/**
 * Reads the rows of exports through the same judgement, execution and time limit as every other operation, page by page, so that one page is held at a
 * time and whatever an export shows a query shows too. The cursors hold all pages to one revision.
 */
export class ExportReader {
  readonly #options: ExportReaderOptions;

  constructor(options: ExportReaderOptions) {
    this.#options = options;
  }

  /**
   * Judges an operation.
   * @throws FailedOperation as the judge refuses it; PlatformError BAD_REQUEST when it is no query
   */
  judge({ source, operationName, variables }: RowOperation, viewer: Viewer): JudgedOperation {
    const judged = this.#options.judge.judgeOperation({ source, operationName, variables, viewer, transport: 'post' });
    if (judged.errors !== null) {
      this.#count(String(judged.errors[0].extensions.code));
      throw new FailedOperation(judged.errors);
    }
    if (judged.operation.operation === OperationTypeNode.QUERY) return judged;
    throw new PlatformError(
      'BAD_REQUEST',
      'An export is made of the answer to a query, and this operation changes something.',
    );
  }

  /**
   * Executes a query.
   * @throws FailedOperation when anything of the answer failed; PlatformError RATE_LIMITED
   */
  async read(operation: RowOperation, exporter: Exporter): Promise<Data> {
    const { compiled, metrics } = this.#options;
    const { viewer, platform } = exporter;
    const judged = this.judge(operation, viewer);
    exporter.spend(judged.cost);
    const startedAt = performance.now();
    const { document, operationName, variables } = judged;
    const { data, errors } = await executeWithinTime(
      compiled,
      {
        ...{ document, operationName, variableValues: variables, contextValue: createContext(platform, viewer) },
      },
      compiled.maxExecutionMs,
    );
    metrics.costs.observe(judged.cost);
    metrics.durations.observe({ kind: OperationTypeNode.QUERY }, (performance.now() - startedAt) / 1000);
    if (errors !== undefined || !data) {
      this.#count(String(errors?.[0]?.extensions.code ?? 'INTERNAL_SERVER_ERROR'));
      throw new FailedOperation(errors ?? []);
    }
    this.#count('ok');
    return data;
  }

  /**
   * The pages after the first one, each read when it is asked for. A client that has spent what it may a minute waits here for more, so that a long export gets
   * slower and does not fail.
   * @param next asks for the page after a cursor, given how many rows came before it
   * @param turn makes the rows of an answer
   * @throws FailedOperation, PlatformError; AbortError when nobody waits any more
   */
  async *follow(
    first: ReadPage,
    next: (after: string, count: number) => RowOperation,
    turn: (data: Data, before: number) => ReadPage,
    exporter: Exporter,
  ): AsyncGenerator<readonly Row[]> {
    let page = first;
    let count = page.rows.length;
    yield page.rows;
    while (page.next !== null) {
      // Others get their turn between two pages.
      await sleep(0, undefined, { signal: exporter.signal });
      const data = await this.#readPatiently(next(page.next, count), exporter);
      page = turn(data, count);
      count += page.rows.length;
      yield page.rows;
    }
  }

  async #readPatiently(operation: RowOperation, exporter: Exporter): Promise<Data> {
    for (;;) {
      try {
        return await this.read(operation, exporter);
      } catch (error) {
        if (!(error instanceof PlatformError) || error.code !== 'RATE_LIMITED') throw error;
        // Ends with the signal, which has a time of its own.
        await sleep(Number(error.details.retryAfterSeconds) * 1000, undefined, { signal: exporter.signal });
      }
    }
  }

  #count(outcome: string): void {
    this.#options.metrics.operations.cell('export', OperationTypeNode.QUERY, outcome).count += 1;
  }
}
