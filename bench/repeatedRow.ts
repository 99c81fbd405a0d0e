import { BENCH_SIZES } from './benchSize.js';
import { type CostedResult, costLoad, sendLoad } from './load.js';
import type { ServerProcess } from './process.js';
import { askedOf, bodyOf, QUESTIONS, type Question } from './queries.js';
import { type Effort, medians } from './queryRow.js';

/** One question asked again and again within a revision, of the platform and of Fastify that sends the same bytes from memory. */
export interface RepeatedResult {
  readonly question: Question;
  readonly bytes: number;
  readonly platform: CostedResult;
  readonly floor: CostedResult;
}

/**
 * Measures repeated answers beside the floor, in turn.
 * @param floor the peer `floor.js`
 */
export async function measureRepeated(
  platform: ServerProcess,
  floor: ServerProcess,
  options: Effort & { databasePid: number; log(line: string): void },
): Promise<RepeatedResult[]> {
  const { rounds, seconds, connections, databasePid, log } = options;
  const size = BENCH_SIZES.national;
  const cases = await Promise.all(
    QUESTIONS.map(async (question) => {
      const body = bodyOf('platform', size, question, askedOf(size, 4), new Map());
      const urls = {
        platform: `http://127.0.0.1:${platform.port}/graphql`,
        floor: `http://127.0.0.1:${floor.port}/${question}`,
      };
      const headers = { 'content-type': 'application/json', accept: 'application/json' };
      const answer = await (await fetch(urls.platform, { method: 'POST', headers, body })).arrayBuffer();
      await fetch(urls.floor, { method: 'PUT', headers: { 'content-type': 'application/octet-stream' }, body: answer });
      return { question, body, urls, bytes: answer.byteLength };
    }),
  );
  const found = new Map<string, CostedResult[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const { question, body, urls } of cases) {
      for (const [name, { pid }] of [
        ['platform', platform],
        ['floor', floor],
      ] as const) {
        const load = { url: urls[name], bodies: [body], connections, seconds };
        await sendLoad({ ...load, seconds: 1 });
        const result = await costLoad(load, pid, name === 'platform' ? databasePid : null);
        const key = `${name} ${question}`;
        found.set(key, [...(found.get(key) ?? []), result]);
        log(
          `repeated ${question} ${name}: ${result.perSecond.toFixed(0)}/s, ${result.serverMicros.toFixed(0)} µs, p99 ${result.p99} ms`,
        );
      }
    }
  }
  return cases.map(({ question, bytes }) => ({
    ...{ question, bytes },
    platform: medians(found.get(`platform ${question}`) ?? []),
    floor: medians(found.get(`floor ${question}`) ?? []),
  }));
}
