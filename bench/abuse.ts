import { PUBLIC_VIEWER } from '../src/access/viewer.js';
import { buildGraphSchema } from '../src/graph/schema.js';
import { OperationJudge } from '../src/server/judge.js';
import { ABUSIVE_DOCUMENTS } from './abusiveDocuments.js';

/** What refusing one document takes, over many times. */
export interface Refusal {
  readonly name: string;
  /** Of the document, without its variables. */
  readonly characters: number;
  /** Of the first error; null = it was let through, which is a fault. */
  readonly code: unknown;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/**
 * Measures what it takes to refuse each document of the corpus, from the parsed body of the request to the errors.
 * @param times how often each is asked, after as many times to warm up
 */
export function measureRefusals(times = 100): Refusal[] {
  const schema = buildGraphSchema();
  const judge = new OperationJudge({ schema, introspection: false });
  const ask = ({ query, variables, operationName }: (typeof ABUSIVE_DOCUMENTS)[number]): [number, unknown] => {
    const started = performance.now();
    const judged = judge.judgeOperation({
      ...{ source: query, variables, operationName, viewer: PUBLIC_VIEWER, transport: 'socket' },
    });
    return [performance.now() - started, judged.errors?.[0].extensions.code ?? null];
  };
  const taken = ABUSIVE_DOCUMENTS.map((): number[] => []);
  const codes = ABUSIVE_DOCUMENTS.map((): unknown => null);
  // One after another, so that a busy moment of the machine does not fall on one document.
  for (let round = 0; round < 2 * times; round += 1) {
    for (const [at, document] of ABUSIVE_DOCUMENTS.entries()) {
      const [ms, code] = ask(document);
      codes[at] = code;
      if (round >= times) taken[at]?.push(ms);
    }
  }
  return ABUSIVE_DOCUMENTS.map(({ name, query }, at) => {
    const sorted = (taken[at] ?? []).sort((a, b) => a - b);
    return {
      name,
      characters: query.length,
      code: codes[at],
      medianMs: sorted[sorted.length >> 1] ?? 0,
      p99Ms: sorted[Math.ceil(0.99 * sorted.length) - 1] ?? 0,
      maxMs: sorted.at(-1) ?? 0,
    };
  });
}
