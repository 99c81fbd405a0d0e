import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { PLATFORM_FLAGS, residentMb, startProcess } from './process.js';

const SOCKETS = 5000;
/** Connections under way at once, so that none waits for its handshake until it is refused. */
const AT_ONCE = 100;
/** How long the server is left alone before its memory is read. */
const SETTLE_MS = 8000;
const MAIN = join(import.meta.dirname, '../src/main.js');
const WATCH = `subscription {
  rankingUpdates(round: "PROVINCE-2022") { revision previousRevision complete rows { rank value entity { code name } } }
}`;

/**
 * Measures what 5,000 WebSockets cost the whole demonstration in memory: signed in and idle, then each with a subscription that has had its state, then
 * closed again. The simulators stand still, so that nothing is sent.
 */
export async function measureSockets(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'dti-bench-sockets-'));
  const environment = { DATA_DIR: folder, PORT: '0', DEMO_TICK_MS: '86400000', MAX_SOCKETS_PER_CLIENT: '1000000' };
  const server = await startProcess(MAIN, environment, PLATFORM_FLAGS, (said) =>
    /^ready$/m.test(said) ? Number(/GraphQL\s+http:\S+:(\d+)\//.exec(said)?.[1]) : null,
  );
  const sockets: WebSocket[] = [];
  try {
    let before = await settled(server.pid);
    process.stdout.write(`\nMemory of the demonstration, in one process: ${before.toFixed(0)} MB\n`);
    const say = async (what: string) => {
      const now = await settled(server.pid);
      const each = ((now - before) * 1024) / SOCKETS;
      process.stdout.write(
        `${what.padEnd(44)}${now.toFixed(0).padStart(6)} MB ${each.toFixed(1).padStart(8)} kB each\n`,
      );
      before = now;
    };
    for (let from = 0; from < SOCKETS; from += AT_ONCE) {
      sockets.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => open(server.port)))));
    }
    await say(`${SOCKETS} idle sockets`);
    for (let from = 0; from < SOCKETS; from += AT_ONCE) {
      await Promise.all(sockets.slice(from, from + AT_ONCE).map(subscribe));
    }
    await say('each with a subscription, one of them all');
    for (const socket of sockets) socket.terminate();
    await say('all closed');
  } finally {
    for (const socket of sockets) socket.terminate();
    await server.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 500 });
  }
}

async function settled(pid: number): Promise<number> {
  await sleep(SETTLE_MS);
  return residentMb(pid);
}

async function open(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws', { perMessageDeflate: false });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => socket.send('{"type":"connection_init"}'));
    socket.once('message', () => resolve());
    socket.once('error', reject);
  });
  return socket;
}

async function subscribe(socket: WebSocket): Promise<void> {
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: WATCH } }));
  await new Promise((resolve) => socket.once('message', resolve));
}
