import { request as send } from 'node:http';
import { BENCH_SIZES, benchRound, lastYear } from './benchSize.js';
import { cpuSeconds, type Keys, type ServerProcess, startPeer, startPlatform } from './process.js';
import { median } from './queryRow.js';
import { Subscriber } from './subscriber.js';
import { openWriter, type Writer } from './writer.js';

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
  /** A database that may be written to. */
  readonly databaseUrl: string;
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
  trigger(): Promise<number>;
}

/** Gives every kind its own server and clients, and pushes to each in turn, so that all see the same machine. */
export async function measureFanout(options: FanoutOptions): Promise<FanoutResult[]> {
  const { kinds, clients, pushes, databaseUrl, keys, log } = options;
  const closing: (() => Promise<void>)[] = [];
  try {
    const isOurs = (kind: FanoutKind) => kind.startsWith('platform');
    const writer = kinds.some(isOurs) ? await openWriter(databaseUrl, 'national') : null;
    if (writer !== null) {
      closing.push(() => writer.close());
      const worker = await startPlatform('worker', databaseUrl, keys);
      closing.push(() => worker.stop());
    }
    const watched: Watched[] = [];
    for (const kind of kinds) {
      const one = isOurs(kind) ? await watchPlatform(kind, options, writer) : await watchPeer(kind, options);
      closing.push(
        () => one.server.stop(),
        () => one.subscriber.close(),
      );
      watched.push(one);
      await one.subscriber.settle(one.trigger);
      log(`${kind}: ${clients} clients`);
    }
    const found = new Map<
      FanoutKind,
      { cpu: number; p50: number; p99: number; last: number; fromWrite: number | null }[]
    >();
    const failed = new Set<FanoutKind>();
    for (let push = 0; push < pushes; push += 1) {
      for (const { kind, server, subscriber, trigger } of watched) {
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
        const from = writer !== null && isOurs(kind) ? await writer.newestSnapshot() : startedAt;
        // What the server still writes after the last client has everything belongs to the push.
        await new Promise((resolve) => setTimeout(resolve, 300));
        found.set(kind, [
          ...(found.get(kind) ?? []),
          {
            ...{ cpu: cpuSeconds(server.pid) - before, p50: p50 - from, p99: p99 - from, last: last - from },
            fromWrite: isOurs(kind) ? last - startedAt : null,
          },
        ]);
      }
    }
    return kinds
      .filter((kind) => !failed.has(kind))
      .map((kind) => {
        const list = found.get(kind) ?? [];
        const of = (read: (each: (typeof list)[number]) => number) => median(list.map(read));
        const cpu = list.reduce((sum, each) => sum + each.cpu, 0);
        return {
          ...{ kind, clients, cpuMicros: (cpu * 1e6) / (list.length * clients) },
          ...{ p50: of((each) => each.p50), p99: of((each) => each.p99), last: of((each) => each.last) },
          lastFromWrite: isOurs(kind) ? of((each) => each.fromWrite ?? Number.NaN) : null,
        };
      });
  } finally {
    for (const close of closing.toReversed()) await close().catch((error: unknown) => log(String(error)));
  }
}

async function watchPlatform(kind: FanoutKind, options: FanoutOptions, writer: Writer | null): Promise<Watched> {
  if (writer === null) throw new Error('nothing writes');
  const server = await startPlatform('gateway', options.databaseUrl, options.keys, {
    MAX_SOCKETS_PER_CLIENT: '100000',
  });
  const subscriber = new Subscriber();
  await subscriber.connect({
    ...{ url: `ws://127.0.0.1:${server.port}/graphql`, protocol: 'graphql', clients: options.clients },
    operations: operations(kind === 'platform' ? 1 : 100),
  });
  return { kind, server, subscriber, trigger: () => writer.writeBest() };
}

async function watchPeer(kind: FanoutKind, { clients, databaseUrl }: FanoutOptions): Promise<Watched> {
  const isPostgraphile = kind === 'postgraphile';
  const server = await startPeer(isPostgraphile ? 'fanoutPostgraphile.js' : 'fanout.js', {
    ...{ KIND: kind, DATABASE_URL: databaseUrl },
  });
  const subscriber = new Subscriber();
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
  return { kind, server, subscriber, trigger };
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
