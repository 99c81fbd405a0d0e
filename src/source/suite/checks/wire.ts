import { gzipSync } from 'node:zlib';
import type { Bench, Target } from '../bench.js';
import { hits } from '../bench.js';
import { type Check, conclude, describeEnds, failureCode, mustFail, mustNotDiffer, notApplicable } from '../check.js';
import type { Disturb, Disturbance, WireAnswer } from '../disturber.js';
import type { Trial, TrialOptions } from '../trial.js';

const HTML = '<!DOCTYPE html><html><head><title>Login</title></head><body><h1>Vui lòng đăng nhập</h1></body></html>\n';
/** Streams whose answers are disturbed; more would take long and show nothing new. */
const MAX_STREAMS = 2;
/** A source that does not answer is given up after so long in these trials. */
const HANG_MS = 60;

/** An answer in place of the source's own. */
export function answerWith(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Disturbance {
  return {
    kind: 'answer',
    answer: { status, headers: { 'content-type': 'text/plain', ...headers }, body: Buffer.from(body) },
  };
}

function alter(change: (answer: WireAnswer) => WireAnswer): Disturbance {
  return { kind: 'alter', alter: change };
}

/** How often a disturbance comes: it may pass, or stay. */
type Times = 'once' | 'always';

interface Blow {
  readonly name: string;
  readonly times: readonly Times[];
  readonly disturbance: Disturbance;
  readonly options?: TrialOptions;
}

/** Disturbs one page of each stream. Once: the same result or a failure; always: a failure. */
async function strike(bench: Bench, blows: readonly Blow[]) {
  const { ledger } = await bench.baseline();
  const problems: (string | null)[] = [];
  const trials: Trial[] = [];
  for (const target of (await bench.targets()).slice(0, MAX_STREAMS)) {
    for (const { name, times, disturbance, options } of blows) {
      for (const each of times) {
        const disturb: Disturb = (request) => (hits(target, request, each === 'always') ? disturbance : null);
        const trial = await bench.run({ ...options, disturb });
        trials.push(trial);
        const what = `${name}, ${each}`;
        problems.push(each === 'once' ? mustNotDiffer(trial, ledger, what) : mustFail(trial, what));
      }
    }
  }
  return { finding: conclude(problems, describeEnds(trials)), trials };
}

function blowCheck(name: string, title: string, blows: readonly Blow[]): Check {
  return { name, title, run: async (bench) => (await strike(bench, blows)).finding };
}

const BOTH: readonly Times[] = ['once', 'always'];

/** Disturbances of the wire after which the run must have the same result, or fail. */
export const WIRE_CHECKS: readonly Check[] = [
  blowCheck('html-200', 'a page of HTML with status 200 is never read as data or as nothing', [
    {
      name: 'HTML with status 200',
      times: BOTH,
      disturbance: answerWith(200, HTML, { 'content-type': 'text/html; charset=utf-8' }),
    },
  ]),
  blowCheck('wrong-content', 'HTML that says it is what was asked for is refused', [
    {
      name: 'HTML with the content type of the source',
      times: ['always'],
      disturbance: alter((answer) => ({ ...answer, ...plain(answer, HTML) })),
    },
    { name: 'an empty body', times: ['always'], disturbance: alter((answer) => ({ ...answer, ...plain(answer, '') })) },
  ]),
  blowCheck('half-body', 'half a body is never taken for a whole one', [
    {
      name: 'half a body that says it is whole',
      times: BOTH,
      disturbance: alter((answer) => ({
        ...answer,
        body: answer.body.subarray(0, Math.floor(answer.body.length / 2)),
      })),
    },
    { name: 'a connection that breaks in mid-body', times: BOTH, disturbance: { kind: 'abort' } },
  ]),
  blowCheck('truncated-gzip', 'a compressed body that ends too early is never read', [
    { name: 'gzip without its end', times: BOTH, disturbance: alter(cutGzip) },
  ]),
  blowCheck('server-error', 'an error of the server is retried, and never the end of the data', [
    { name: 'status 500', times: BOTH, disturbance: answerWith(500, 'Internal Server Error\n') },
  ]),
  blowCheck('hang', 'a source that does not answer is given up', [
    { name: 'no answer', times: ['always'], disturbance: { kind: 'hang' }, options: { requestTimeoutMs: HANG_MS } },
  ]),
  {
    name: 'endless-body',
    title: 'a body without an end fails within its bound',
    async run(bench) {
      const { sourcePages } = await bench.baseline();
      const largest = Math.max(
        ...sourcePages.map(({ response }) => response.bytes?.length ?? Buffer.byteLength(response.body)),
      );
      const options = { maxBodyBytes: 2 * largest + 65_536 };
      const { maxBodyBytes } = bench.subject.create({}).spec.bounds;
      const { finding } = await strike(bench, [
        { name: 'an endless body', times: ['always'], disturbance: { kind: 'endless' }, options },
      ]);
      if (finding.result === 'failed' || Number.isFinite(maxBodyBytes)) return finding;
      return conclude([`maxBodyBytes of the connector is ${maxBodyBytes}`], '');
    },
  },
  {
    name: 'not-modified',
    title: '304 to a request that did not ask for it is not taken for no data; one that did means unchanged',
    async run(bench) {
      const { finding } = await strike(bench, [
        { name: 'status 304 on a full read', times: ['always'], disturbance: answerWith(304, '') },
      ]);
      if (finding.result === 'failed') return finding;
      const { cursors } = await bench.full();
      const isConditional = Object.values(cursors).some(
        ({ etag, lastModified }) => (etag ?? lastModified) !== undefined,
      );
      if (!isConditional) return finding;
      const trial = await bench.run({ sample: null, pageSize: null, cursors, disturb: () => answerWith(304, '') });
      const isUnchanged =
        trial.failure === null && trial.ledger.size === 0 && trial.pages.every(({ status }) => status === 304);
      const isKept = Object.entries(cursors).every(
        ([stream, cursor]) => JSON.stringify(trial.cursors[stream]) === JSON.stringify(cursor),
      );
      return conclude(
        [
          isUnchanged ? null : '304 after a conditional request was not read as unchanged',
          isKept ? null : 'the cursor was lost with a 304',
        ],
        `${finding.seen}; unchanged after a conditional request`,
      );
    },
  },
  {
    name: 'page-repeated',
    title: 'a page that comes in place of another is noticed',
    async run(bench) {
      const { ledger } = await bench.baseline();
      const pair = await firstTwoPages(bench);
      if (pair === null) return notApplicable('no stream of the sample has two pages of one request');
      const trial = await bench.run({ disturb: replay(pair, false) });
      return conclude([mustNotDiffer(trial, ledger, 'the first page in place of the second')], describeEnds([trial]));
    },
  },
  {
    name: 'next-link-to-itself',
    title: 'a next page that leads back is not read for ever',
    async run(bench) {
      const pair = await firstTwoPages(bench);
      if (pair === null) return notApplicable('no stream of the sample has two pages of one request');
      const trial = await bench.run({ disturb: replay(pair, true), sample: 100_000 });
      const problems = [mustFail(trial, 'every page is the first one')];
      if (trial.requests.length > 60) problems.push(`${trial.requests.length} requests were sent before the run ended`);
      return conclude(problems, `${failureCode(trial)} after ${trial.requests.length} requests`);
    },
  },
];

function plain({ headers }: WireAnswer, body: string): Pick<WireAnswer, 'headers' | 'body'> {
  const { 'content-encoding': _encoding, ...rest } = headers;
  return { headers: rest, body: Buffer.from(body) };
}

function cutGzip(answer: WireAnswer): WireAnswer {
  const isPacked = answer.headers['content-encoding'] !== undefined;
  const packed = isPacked ? answer.body : gzipSync(answer.body);
  const headers = isPacked ? answer.headers : { ...answer.headers, 'content-encoding': 'gzip' };
  return { ...answer, headers, body: packed.subarray(0, Math.max(1, Math.floor(packed.length * 0.7))) };
}

/** The requests of the first two pages of a stream and part. */
async function firstTwoPages(bench: Bench): Promise<readonly [Target, Target] | null> {
  const { pages, sourcePages, requests, pageRequests } = await bench.baseline();
  for (const [at, page] of pages.entries()) {
    const [here, there] = [sourcePages[at], sourcePages[at + 1]];
    const [one, two] = [requests[pageRequests[at] ?? -1], requests[pageRequests[at + 1] ?? -1]];
    if (pages[at + 1]?.stream !== page.stream || here?.partition !== there?.partition || (here?.rows.length ?? 0) === 0)
      continue;
    if (one === undefined || two === undefined || one.shape !== two.shape) continue;
    return [
      { stream: page.stream, ...one },
      { stream: page.stream, ...two },
    ];
  }
  return null;
}

/** Answers the second request, or all that follow, with the answer to the first. */
function replay([first, second]: readonly [Target, Target], forEver: boolean): Disturb {
  let kept: WireAnswer | null = null;
  return (request) => {
    if (hits(first, request)) {
      return alter((answer) => {
        kept = answer;
        return answer;
      });
    }
    return kept !== null && hits(second, request, forEver) ? { kind: 'answer', answer: kept } : null;
  };
}
