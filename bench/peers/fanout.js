// The peers of fan-out. KIND: ws-preframed (one frame built once), ws (a send per client), graphql-ws and yoga-sse (one execution per subscriber).
// POST /publish?n=K pushes K messages to everybody.
import http from 'node:http';
import { typeDefs, update } from './payload.js';
import { listen } from './start.js';

const kind = process.env.KIND;
let sequence = 0;
let handle = (_, response) => response.writeHead(404).end();
const server = http.createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://peer');
  if (pathname !== '/publish') return handle(request, response);
  for (let left = Number(searchParams.get('n') ?? 1); left > 0; left -= 1) {
    sequence += 1;
    publish(sequence);
    if (left > 1) await new Promise(setImmediate);
  }
  response.end('ok');
});
const publish = kind.startsWith('ws') ? await plain() : await naive();
await listen(server);

async function plain() {
  const { WebSocketServer } = await import('ws');
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  return (number) => {
    const text = Buffer.from(
      JSON.stringify({ id: '1', type: 'next', payload: { data: { scoresUpdated: update(number) } } }),
    );
    if (kind === 'ws') {
      for (const socket of sockets.clients) socket.send(text, { binary: false });
      return;
    }
    const frame = Buffer.concat([Buffer.from([0x81, 126, text.length >> 8, text.length & 255]), text]);
    for (const socket of sockets.clients) socket._socket.write(frame);
  };
}

/** The usual publish and subscribe: every subscriber has its own queue and its own execution for each event. */
async function naive() {
  const subscribers = new Set();
  const iterate = () => {
    const queue = [];
    let wake = null;
    const take = (event) => {
      if (wake === null) return queue.push(event);
      wake({ value: event, done: false });
      wake = null;
    };
    subscribers.add(take);
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      next: () =>
        queue.length > 0
          ? Promise.resolve({ value: queue.shift(), done: false })
          : new Promise((resolve) => {
              wake = resolve;
            }),
      return: async () => {
        subscribers.delete(take);
        return { value: undefined, done: true };
      },
    };
  };
  if (kind === 'graphql-ws') {
    const { buildSchema } = await import('graphql');
    const { useServer } = await import('graphql-ws/use/ws');
    const { WebSocketServer } = await import('ws');
    const sockets = new WebSocketServer({ server, path: '/graphql', perMessageDeflate: false });
    useServer({ schema: buildSchema(typeDefs), roots: { subscription: { scoresUpdated: iterate } } }, sockets);
  } else {
    const { createSchema, createYoga } = await import('graphql-yoga');
    const resolvers = { Subscription: { scoresUpdated: { subscribe: iterate } } };
    handle = createYoga({ logging: false, schema: createSchema({ typeDefs, resolvers }) });
  }
  return (number) => {
    const event = { scoresUpdated: update(number) };
    for (const take of subscribers) take(event);
  };
}
