import { type GraphQLError, OperationTypeNode } from 'graphql';
import { type Viewer, viewerScope } from '../access/viewer.js';
import { PlatformError } from '../domain/errors.js';
import { createContext, type Platform } from '../graph/context.js';
import { Answer, type AnswerCache } from './answerCache.js';
import type { CompiledOperations } from './compiled.js';
import type { JudgedOperation, OperationJudge, OperationRequest } from './judge.js';
import { readingOfDocument } from './keeping.js';
import type { Metrics } from './metrics.js';

/** What {@link AnswerDesk} needs. */
export interface AnswerOptions {
  readonly compiled: CompiledOperations;
  readonly judge: OperationJudge;
  readonly cache: AnswerCache;
  readonly metrics: Metrics;
}

/** An operation as it came over HTTP, from whom, and where it is to be read. */
export interface Asked extends OperationRequest {
  readonly transport: 'get' | 'post';
  readonly platform: Platform;
  /** Names the request in the words that it came in; from {@link AnswerDesk.nameOf}. */
  readonly name: string;
  /** Counts what is about to be executed against who asks; what it throws goes to the caller. */
  readonly spend: (cost: number) => void;
}

/** Errors of a refused operation: see {@link OperationJudge}. */
export interface Refusal {
  readonly errors: readonly [GraphQLError, ...GraphQLError[]];
}

/** Left to whoever executes operations one by one, and words their errors. */
export interface LeftOver {
  readonly errors: null;
  readonly isMutation: boolean;
}

/**
 * Answers queries without errors: from the whole answers that are kept, else by a plan. Everything else is left over; asking it again costs nothing
 * but time, since only queries are executed here.
 */
export class AnswerDesk {
  readonly #options: AnswerOptions;

  constructor(options: AnswerOptions) {
    this.#options = options;
    const { metrics, cache } = options;
    metrics.gauge('dti_answer_cache_bytes', 'Bytes that kept answers take', () => cache.weight);
    metrics.gauge('dti_answer_cache_answers', 'Whole answers that are kept', () => cache.size);
    metrics.counters(
      'dti_answer_cache_lookups_total',
      'Answers that were kept, shared with an equal question under way, or made',
      'result',
      () => cache.lookups,
    );
  }

  /** Names a request by what came, for {@link AnswerDesk.recall}: the way, the text of the body or of the query string, and the scope of who asks. */
  nameOf(transport: 'get' | 'post', text: string, viewer: Viewer): string {
    return `${transport} ${viewerScope(viewer)}\n${text}`;
  }

  /** The answer to a request that was answered before, when it is still what would be answered now. */
  recall(name: string, { feed }: Platform, transport: 'get' | 'post'): Answer | null {
    const answer = this.#options.cache.byText(name, feed);
    if (answer !== null) this.#count(transport, 'ok');
    return answer;
  }

  /**
   * Answers an operation.
   * @throws PlatformError RATE_LIMITED when it costs more than is left to who asks
   */
  async ask(asked: Asked): Promise<Answer | Refusal | LeftOver> {
    const { compiled, judge, cache } = this.#options;
    const judged = judge.judgeOperation(asked);
    if (judged.errors !== null) {
      this.#count(asked.transport, String(judged.errors[0].extensions.code), 'none');
      return judged;
    }
    const { document, operation, coerced } = judged;
    const isMutation = operation.operation !== OperationTypeNode.QUERY;
    const reading = isMutation || cache.capacity === 0 ? null : readingOfDocument(compiled.schema, document);
    if (reading === null) asked.spend(judged.cost);
    if (isMutation) return { errors: null, isMutation };
    if (reading === null)
      return (await this.#counted(asked, this.#make(asked, judged))) ?? { errors: null, isMutation: false };
    const meaning = `${viewerScope(asked.viewer)}\n${asked.operationName ?? ''}\n${JSON.stringify(coerced)}\n${asked.source}`;
    const { feed } = asked.platform;
    const kept = cache.byMeaning(meaning, feed);
    if (kept !== null) this.#count(asked.transport, 'ok');
    else asked.spend(judged.cost);
    const revision = cache.headOf(reading, feed);
    const answer =
      kept ??
      (await this.#counted(
        asked,
        cache.share(meaning, revision, () => this.#make(asked, judged)),
      ));
    if (answer === null) return { errors: null, isMutation: false };
    cache.learn(asked.name, meaning);
    return answer;
  }

  async #make({ platform, viewer }: Asked, judged: JudgedOperation): Promise<Answer | null> {
    const { compiled, cache, metrics } = this.#options;
    const reading = cache.capacity === 0 ? null : readingOfDocument(compiled.schema, judged.document);
    const startedAt = performance.now();
    // In one go: the revision that the answer is kept under is the one that it reads at.
    const revision = cache.headOf(reading, platform.feed);
    const bytes = await compiled.write(judged, { contextValue: createContext(platform, viewer) });
    if (bytes === null) return null;
    metrics.costs.observe(judged.cost);
    metrics.durations.observe({ kind: OperationTypeNode.QUERY }, (performance.now() - startedAt) / 1000);
    return new Answer(bytes, revision, reading, String(judged.cost));
  }

  /** Counts what comes of a query for the one who asked, also where several wait for the same answer; what is left over counts where it is executed. */
  async #counted({ transport }: Asked, making: Promise<Answer | null>): Promise<Answer | null> {
    try {
      const answer = await making;
      if (answer !== null) this.#count(transport, 'ok');
      return answer;
    } catch (error) {
      this.#count(transport, error instanceof PlatformError ? error.code : 'INTERNAL_SERVER_ERROR');
      throw error;
    }
  }

  #count(transport: 'get' | 'post', outcome: string, kind: string = OperationTypeNode.QUERY): void {
    this.#options.metrics.operations.cell(transport, kind, outcome).count += 1;
  }
}
