import { once } from 'node:events';

/** Listens on a free port of the loopback and says so in the words that the bench waits for. */
export async function listen(server) {
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  await once(server, 'listening');
  ready(server.address().port);
}

/** Tells the bench that a server answers. */
export function ready(port) {
  process.stdout.write(`ready ${port}\n`);
}
