import { Agent, request } from 'node:http';
import { WebSocket } from 'ws';
import { ABUSIVE_DOCUMENTS, type AbusiveDocument } from './abusiveDocuments.js';

/** The ways to the server that are measured. */
export const REFUSING_WAYS = ['HTTP', 'WebSocket', 'SSE'] as const;
/** See {@link REFUSING_WAYS}. */
export type RefusingWay = (typeof REFUSING_WAYS)[number];

/** What refusing one document takes by one way, in milliseconds over many times. */
export interface Refusal {
  readonly name: string;
  readonly way: RefusingWay;
  /** Whether each time the first error had the code that the corpus says. */
  readonly isRefused: boolean;
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

/** What {@link measureRefusals} finds. */
export interface RefusalResult {
  readonly refusals: readonly Refusal[];
  /** The same for a question of one word that is answered: what the way itself and the machine take. */
  readonly controls: readonly Refusal[];
}

/** Sends a document and gives back the answer's text; one at a time. */
type Ask = (body: string) => Promise<string>;

const CONTROL: AbusiveDocument = { name: 'a question of one word', query: '{ __typename }', code: '' };
/** How often each is asked first, without being counted: a server runs for weeks. */
const WARM_UP = 20;

/**
 * Measures what it takes to refuse each document of the corpus, from the client's first byte of the request to the last byte of the answer, over every way to
 * a running gateway that introspection is closed at. One request at a time on connections that are kept; documents and ways take turns, so that a busy moment
 * of the machine does not fall on one of them.
 * @param times how often each is asked by each way
 */
export async function measureRefusals(port: number, times: number): Promise<RefusalResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const socket = await openSocket(port);
  const asks: Readonly<Record<RefusingWay, Ask>> = {
    HTTP: (body) => post(agent, port, 'application/json', body),
    WebSocket: socket.ask,
    SSE: (body) => post(agent, port, 'text/event-stream', body),
  };
  try {
    const cases = [...ABUSIVE_DOCUMENTS, CONTROL].flatMap((document) => {
      const { query, variables, operationName } = document;
      const body = JSON.stringify({ query, variables, operationName });
      return REFUSING_WAYS.map((way) => ({ document, way, body, isRefused: true, taken: [] as number[] }));
    });
    for (let round = -WARM_UP; round < times; round += 1) {
      for (const each of cases) {
        const startedAt = performance.now();
        const answer = await asks[each.way](each.body);
        const ms = performance.now() - startedAt;
        // The first error comes first, and an answer without one has no code.
        const code = /"code":"([A-Z_]+)"/.exec(answer)?.[1] ?? '';
        if (code !== each.document.code) each.isRefused = false;
        if (round >= 0) each.taken.push(ms);
      }
    }
    const found = cases.map(({ document: { name }, way, isRefused, taken }) => {
      const sorted = taken.sort((a, b) => a - b);
      const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
      return { name, way, isRefused, median: at(0.5), p99: at(0.99), max: at(1) };
    });
    const isControl = ({ name }: Refusal) => name === CONTROL.name;
    return { refusals: found.filter((each) => !isControl(each)), controls: found.filter(isControl) };
  } finally {
    agent.destroy();
    socket.close();
  }
}

function post(agent: Agent, port: number, accept: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', accept, 'content-length': Buffer.byteLength(body) };
    const options = { agent, host: '127.0.0.1', port, path: '/graphql', method: 'POST', headers, noDelay: true };
    const sent = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.once('end', () => resolve(text));
      response.once('error', reject);
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

async function openSocket(port: number): Promise<{ ask: Ask; close(): void }> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
  let id = 0;
  let settle: { resolve: (text: string) => void; reject: (error: Error) => void } | null = null;
  const next = () => new Promise<string>((resolve, reject) => (settle = { resolve, reject }));
  const opened = next();
  socket.once('open', () => socket.send('{"type":"connection_init"}'));
  socket.on('message', (data) => {
    const text = String(data);
    // An answer is `next`, and `complete` follows it.
    if (!/"type":"(ping|complete)"/.test(text)) settle?.resolve(text);
  });
  socket.on('close', (code) => settle?.reject(new Error(`the server closed the socket with ${code}`)));
  socket.on('error', (error) => settle?.reject(error));
  await opened;
  return {
    ask: (body) => {
      id += 1;
      const answer = next();
      socket.send(`{"id":"${id}","type":"subscribe","payload":${body}}`);
      return answer;
    },
    close: () => socket.terminate(),
  };
}
