import { request as send } from 'node:http';
import { BENCH_SIZES, benchRound, lastYear } from './benchSize.js';
import { cpuSeconds, type Keys, type ServerProcess, startPeer, startPlatform } from './process.js';
import { median } from './queryRow.js';
import { Subscriber } from './subscriber.js';
import { openWriter } from './writer.js';

/** What is measured: `platform-100` = the clients run 100 different operations instead of one. */
export const FANOUT_KINDS = [
  'ws-preframed',
  'ws',
  'graphql-ws',
  'yoga-sse',
  'postgraphile',
  'platform',
  'platform-100',
] as const;
/** See {@link FANOUT_KINDS}. */
export type FanoutKind = (typeof FANOUT_KINDS)[number];

/** Medians over the pushes. */
export interface FanoutResult {
  readonly kind: FanoutKind;
  readonly clients: number;
  /** Microseconds of the server's CPU for one delivery. */
  readonly cpuMicros: number;
  /** Milliseconds from the push until half, 99 of 100 and all clients have it. Ours begins at the commit of the revision that is pushed. */
  readonly p50: number;
  readonly p99: number;
  readonly last: number;
  /** The same for all clients from the write that makes scores move, so with their computation; null for peers. */
  readonly lastFromWrite: number | null;
}

/** How it is measured. */
export interface FanoutOptions {
  readonly kinds: readonly FanoutKind[];
  readonly clients: number;
  readonly pushes: number;
  /** Makes a database that may be written to. */
  copy(): Promise<string>;
  readonly keys: Keys;
  log(line: string): void;
}

const PEER_QUERY = JSON.stringify({
  query: 'subscription { scoresUpdated { seq year scores { code overall rank delta } end } }',
});

/** One operation of about 5 kB, or different ones that nothing can be shared between but the state they tell of. */
function operations(count: number): string[] {
  const round = benchRound(lastYear(BENCH_SIZES.national));
  const rows = '{ revision previousRevision complete rows { rank value entity { code } } }';
  return Array.from({ length: count }, (_, at) => {
    const alias = count === 1 ? '' : `u${at}: `;
    return JSON.stringify({ query: `subscription { ${alias}rankingUpdates(round: "${round}") ${rows} }` });
  });
}

interface Watched {
  readonly kind: FanoutKind;
  readonly server: ServerProcess;
  readonly subscriber: Subscriber;
  /** Pushes. @returns when it began, in milliseconds since 1970 */
  trigger(): Promise<number>;
  /** When what was pushed last was committed; null = it is not from a database. */
  committed(): Promise<number | null>;
}

type Open = (close: () => Promise<void>) => void;

/** Pushes before those that count: servers run for weeks, so that what is cold in the first seconds is not their cost. */
const WARM_UP = 4;

/**
 * Gives every kind its own server and clients, ours also their own database, since a write reaches all gateways of one; and pushes to each in turn, so
 * that all see the same machine.
 */
export async function measureFanout(options: FanoutOptions): Promise<FanoutResult[]> {
  const { kinds, clients, pushes, log } = options;
  const closing: (() => Promise<void>)[] = [];
  try {
    const watched: Watched[] = [];
    for (const kind of kinds) {
      const watch = kind.startsWith('platform') ? watchPlatform : watchPeer;
      try {
        const one = await watch(kind, options, (close) => closing.push(close));
        await one.subscriber.settle(one.trigger);
        watched.push(one);
        log(`${kind}: ${clients} clients`);
      } catch (error) {
        // Left out like one that fails later.
        log(`${kind} failed: ${error}`);
      }
    }
    const found = new Map<
      FanoutKind,
      { cpu: number; p50: number; p99: number; last: number; fromWrite: number | null }[]
    >();
    const failed = new Set<FanoutKind>();
    for (let push = -WARM_UP; push < pushes; push += 1) {
      for (const { kind, server, subscriber, trigger, committed } of watched) {
        if (failed.has(kind)) continue;
        const before = cpuSeconds(server.pid);
        let startedAt = 0;
        const arrival = await subscriber
          .push(async () => {
            startedAt = await trigger();
          })
          .catch((error: unknown) => {
            // A server that drops clients under this load is left out; the others go on.
            log(`${kind} failed: ${error}`);
            failed.add(kind);
          });
        if (arrival === undefined) continue;
        const { p50, p99, last } = arrival;
        const from = (await committed()) ?? startedAt;
        // What the server still writes after the last client has everything belongs to the push.
        await new Promise((resolve) => setTimeout(resolve, 300));
        if (push < 0) continue;
        found.set(kind, [
          ...(found.get(kind) ?? []),
          {
            ...{ cpu: cpuSeconds(server.pid) - before, p50: p50 - from, p99: p99 - from, last: last - from },
            fromWrite: from === startedAt ? null : last - startedAt,
          },
        ]);
      }
    }
    return kinds
      .filter((kind) => !failed.has(kind) && found.has(kind))
      .map((kind) => {
        const list = found.get(kind) ?? [];
        const of = (read: (each: (typeof list)[number]) => number) => median(list.map(read));
        const cpu = list.reduce((sum, each) => sum + each.cpu, 0);
        return {
          ...{ kind, clients, cpuMicros: (cpu * 1e6) / (list.length * clients) },
          ...{ p50: of((each) => each.p50), p99: of((each) => each.p99), last: of((each) => each.last) },
          lastFromWrite: kind.startsWith('platform') ? of((each) => each.fromWrite ?? Number.NaN) : null,
        };
      });
  } finally {
    for (const close of closing.toReversed()) await close().catch((error: unknown) => log(String(error)));
  }
}

async function watchPlatform(kind: FanoutKind, { copy, keys, clients }: FanoutOptions, open: Open): Promise<Watched> {
  const databaseUrl = await copy();
  const writer = await openWriter(databaseUrl, 'national');
  open(() => writer.close());
  const worker = await startPlatform('worker', databaseUrl, keys);
  open(() => worker.stop());
  const server = await startPlatform('gateway', databaseUrl, keys, { MAX_SOCKETS_PER_CLIENT: '100000' });
  open(() => server.stop());
  const subscriber = new Subscriber();
  open(() => subscriber.close());
  await subscriber.connect({
    ...{ url: `ws://127.0.0.1:${server.port}/graphql`, protocol: 'graphql', clients },
    operations: operations(kind === 'platform' ? 1 : 100),
  });
  return { kind, server, subscriber, trigger: () => writer.writeBest(), committed: () => writer.newestSnapshot() };
}

async function watchPeer(kind: FanoutKind, { clients, copy }: FanoutOptions, open: Open): Promise<Watched> {
  const isPostgraphile = kind === 'postgraphile';
  const databaseUrl = isPostgraphile ? await copy() : '';
  const server = await startPeer(isPostgraphile ? 'fanoutPostgraphile.js' : 'fanout.js', {
    ...{ KIND: kind, DATABASE_URL: databaseUrl },
  });
  open(() => server.stop());
  const subscriber = new Subscriber();
  open(() => subscriber.close());
  const [scheme, protocol] =
    kind === 'yoga-sse' ? (['http', 'sse'] as const) : (['ws', kind.startsWith('ws') ? 'ws' : 'graphql'] as const);
  await subscriber.connect({
    ...{ url: `${scheme}://127.0.0.1:${server.port}/graphql`, protocol, clients },
    operations: protocol === 'ws' ? [] : [PEER_QUERY],
  });
  const trigger = async () => {
    const startedAt = performance.timeOrigin + performance.now();
    await publish(server.port);
    return startedAt;
  };
  return { kind, server, subscriber, trigger, committed: async () => null };
}

/** On a connection of its own: one that was kept open may be closed by the server at this moment, and asking twice would push twice. */
function publish(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = send({ agent: false, host: '127.0.0.1', port, path: '/publish', method: 'POST' }, (response) => {
      response.resume();
      response.once('end', () => resolve());
    });
    request.once('error', reject);
    request.end();
  });
}
