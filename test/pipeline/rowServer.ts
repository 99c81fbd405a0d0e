import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The secret of the source of {@link startRowServer}, with characters that each spelling writes in its own way. */
export const SECRET = 'Bí mật/+=& "1" <x>~';

/** A row as the source serves it. */
export interface Row {
  readonly code: string;
  readonly year: number;
  readonly part: number;
  readonly whole: number;
}

/** A real HTTP source for the manifest of `sampleManifest`. */
export interface RowServer {
  readonly baseUrl: string;
  rows: readonly Row[];
  /** True = it answers 400 with everything that it was sent. */
  isBroken: boolean;
  /** What it waits for before it answers; null = nothing. */
  gate: Promise<void> | null;
  close(): Promise<void>;
}

/** Starts it on a free port. It lets in whoever sends {@link SECRET} in base64 as a bearer token. */
export async function startRowServer(): Promise<RowServer> {
  const server = createServer(async (request, response) => {
    await source.gate;
    const { authorization = '' } = request.headers;
    if (authorization !== `Bearer ${TOKEN}`) {
      return void response.writeHead(403, { 'content-type': 'text/plain' }).end(`not let in: ${authorization}`);
    }
    if (source.isBroken) {
      return void response.writeHead(400, { 'content-type': 'text/plain' }).end(`broken: ${authorization}`);
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ items: source.rows, echo: authorization }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const source: RowServer = {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`,
    rows: [
      { code: '01', year: 2026, part: 1, whole: 2 },
      { code: '4', year: 2026, part: 3, whole: 4 },
      { code: '00', year: 2026, part: 1, whole: 4 },
    ],
    isBroken: false,
    gate: null,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return source;
}

/** What the source expects: a header cannot hold {@link SECRET} itself. */
export const TOKEN = Buffer.from(SECRET).toString('base64');

/** All spellings in which a secret may come out. */
export function spellingsOf(secret: string): string[] {
  return [
    secret,
    encodeURIComponent(secret),
    new URLSearchParams({ '': secret }).toString().slice(1),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    Buffer.from(secret).toString('base64url'),
    Buffer.from(secret).toString('hex'),
  ];
}
