import pg from 'pg';
import { BENCH_SIZES, type BenchSize } from './benchSize.js';
import { type CostedResult, costLoad, type Load, sendLoad } from './load.js';
import { plainAnswer } from './plainAnswer.js';
import { residentMb, type ServerProcess } from './process.js';
import { askedOf, bodyOf, QUESTIONS, type Question, type Shape } from './queries.js';

/** A server that answers the four questions. */
export interface Answering {
  readonly name: string;
  readonly shape: Shape;
  readonly process: ServerProcess;
  /** Path of a question's endpoint. */
  path(question: Question): string;
}

/** How much is measured. */
export interface Effort {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
}

/** Medians over the rounds, with the memory of the server afterwards. */
export interface Measured extends CostedResult {
  readonly name: string;
  readonly question: Question;
  readonly bytes: number;
  /** The most resident memory of the server that was seen after a load, in MB. */
  readonly memoryMb: number;
}

/** Different requests that a load goes through. */
const POOL = 500;
/** Requests whose answers all servers must agree on. */
const COMPARED = 12;

/** Ids of the entities by code. */
export async function readIds(databaseUrl: string): Promise<ReadonlyMap<string, number>> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: number; code: string }>('select id, code from peers.entity');
    return new Map(rows.map(({ id, code }) => [code, id]));
  } finally {
    await client.end();
  }
}

/** The bodies of different requests for one question. */
export function poolOf(shape: Shape, size: BenchSize, question: Question, ids: ReadonlyMap<string, number>): string[] {
  return Array.from({ length: POOL }, (_, n) => bodyOf(shape, size, question, askedOf(size, n), ids));
}

/**
 * Asks all servers the same and throws when two disagree.
 * @returns bytes of an answer, by server and question
 */
export async function compareAnswers(
  servers: readonly Answering[],
  size: BenchSize,
  ids: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, number>> {
  const bytes = new Map<string, number>();
  for (const question of QUESTIONS) {
    for (let n = 0; n < COMPARED; n += 1) {
      let expected: { name: string; text: string } | null = null;
      for (const { name, shape, process, path } of servers) {
        const body = bodyOf(shape, size, question, askedOf(size, n * 17), ids);
        const answer = await ask(`http://127.0.0.1:${process.port}${path(question)}`, body);
        bytes.set(`${name} ${question}`, answer.length);
        const { data, errors } = JSON.parse(answer) as { data: Record<string, unknown>; errors?: unknown };
        if (errors !== undefined)
          throw new Error(`${name} answers ${question} with ${JSON.stringify(errors).slice(0, 600)}`);
        const text = plainAnswer(shape, question, data);
        expected ??= { name, text };
        if (expected.text === text) continue;
        throw new Error(`${question} of ${name} is not that of ${expected.name}:\n${difference(expected.text, text)}`);
      }
    }
  }
  return bytes;
}

/** Measures all servers, a question of each in turn. */
export async function measureQuestions(
  servers: readonly Answering[],
  sizeKey: keyof typeof BENCH_SIZES,
  options: Effort & { databaseUrl: string; databasePid: number; log(line: string): void },
): Promise<Measured[]> {
  const size = BENCH_SIZES[sizeKey];
  const ids = await readIds(options.databaseUrl);
  const bytes = await compareAnswers(servers, size, ids);
  const found = new Map<string, CostedResult[]>();
  const memory = new Map<string, number>();
  for (let round = 0; round < options.rounds; round += 1) {
    for (const question of QUESTIONS) {
      for (const { name, shape, process, path } of servers) {
        const load: Load = {
          ...{ url: `http://127.0.0.1:${process.port}${path(question)}`, bodies: poolOf(shape, size, question, ids) },
          ...{ connections: options.connections, seconds: options.seconds },
        };
        await sendLoad({ ...load, seconds: round === 0 ? 2 : 1 });
        const result = await costLoad(load, process.pid, options.databasePid);
        const key = `${name} ${question}`;
        found.set(key, [...(found.get(key) ?? []), result]);
        memory.set(name, Math.max(memory.get(name) ?? 0, residentMb(process.pid)));
        options.log(
          `${sizeKey} ${question} ${name}: ${result.perSecond.toFixed(0)}/s, ${result.serverMicros.toFixed(0)} + ${result.databaseMicros.toFixed(0)} µs, ${residentMb(process.pid).toFixed(0)} MB, ${result.errors} errors`,
        );
      }
    }
  }
  return servers.flatMap(({ name }) =>
    QUESTIONS.map((question) => {
      const list = found.get(`${name} ${question}`) ?? [];
      return {
        name,
        question,
        bytes: bytes.get(`${name} ${question}`) ?? 0,
        memoryMb: memory.get(name) ?? 0,
        ...medians(list),
      };
    }),
  );
}

/** The median of each figure. */
export function medians(list: readonly CostedResult[]): CostedResult {
  const of = (read: (result: CostedResult) => number) => median(list.map(read));
  return {
    requests: of(({ requests }) => requests),
    perSecond: of(({ perSecond }) => perSecond),
    p50: of(({ p50 }) => p50),
    p99: of(({ p99 }) => p99),
    errors: list.reduce((sum, { errors }) => sum + errors, 0),
    serverMicros: of(({ serverMicros }) => serverMicros),
    databaseMicros: of(({ databaseMicros }) => databaseMicros),
  };
}

/** The middle of some numbers, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const ordered = values.toSorted((a, b) => a - b);
  const half = (ordered.length - 1) / 2;
  return ((ordered[Math.floor(half)] ?? Number.NaN) + (ordered[Math.ceil(half)] ?? Number.NaN)) / 2;
}

async function ask(url: string, body: string): Promise<string> {
  const send = () =>
    fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json' }, body });
  // A connection that was kept open may just have been closed by the server.
  return (await send().catch(send)).text();
}

function difference(expected: string, found: string): string {
  const [left, right] = [expected.split('\n'), found.split('\n')];
  const at = left.findIndex((line, index) => line !== right[index]);
  return `line ${at}: "${left[at]}" and "${right[at]}" (${left.length} and ${right.length} lines)`;
}
