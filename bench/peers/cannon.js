// Load where wrk is not installed: `node cannon.js <url> <file of bodies, one a line> <connections> <seconds>` prints one line of JSON.
import { readFileSync } from 'node:fs';
import autocannon from 'autocannon';

const [url, file, connections, duration] = process.argv.slice(2);
const bodies = readFileSync(file, 'utf8').split('\n');
const { requests, latency, errors, non2xx, timeouts } = await autocannon({
  ...{ url, connections: Number(connections), duration: Number(duration), method: 'POST' },
  headers: { 'content-type': 'application/json', accept: 'application/json' },
  requests: bodies.map((body) => ({ body })),
});
process.stdout.write(
  `@@${JSON.stringify({ requests: requests.total, us: duration * 1e6, p50: latency.p50, p99: latency.p99, errors: errors + non2xx + timeouts })}\n`,
);
