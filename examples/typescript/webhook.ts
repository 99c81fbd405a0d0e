// Receives the platform's alerts as webhooks, and takes only what it has signed.
//
//   WEBHOOK_SECRET=whsec_… npx node examples/typescript/webhook.ts 8081
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const { WEBHOOK_SECRET = '' } = process.env;
const [port = '8081'] = process.argv.slice(2);
const key = Buffer.from(WEBHOOK_SECRET.replace(/^whsec_/, ''), 'base64');

/** Whether a body, as it came, was signed by the platform within the last five minutes (Standard Webhooks). */
function isGenuine(headers: NodeJS.Dict<string | string[]>, body: string): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures = '' } = headers;
  // Whoever recorded a message must not be able to send it again tomorrow.
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) < 300)) return false;
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
  return String(signatures)
    .split(' ')
    .some((each) => {
      const given = Buffer.from(each.replace(/^v1,/, ''), 'base64');
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
}

/** Messages come at least once: the id of one that was sent again stays the same. A real receiver keeps them for a day. */
const taken = new Set<string>();

createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    const body = Buffer.concat(pieces).toString();
    if (!isGenuine(request.headers, body)) return void response.writeHead(401).end();
    // Say first that it was taken, then work: after 15 s without an answer it is sent again.
    response.writeHead(204).end();
    const id = String(request.headers['webhook-id']);
    if (taken.has(id)) return;
    taken.add(id);
    const { type, data } = JSON.parse(body) as { type: string; data?: { message?: { en?: string } } };
    console.log(type, data?.message?.en ?? '');
  });
}).listen(Number(port), '127.0.0.1', () => console.error(`listening on http://127.0.0.1:${port}`));
