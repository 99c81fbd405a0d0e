import { isJsonObject } from '../../json.js';
import { hits } from '../bench.js';
import {
  type Check,
  conclude,
  describeEnds,
  failureCode,
  mustFail,
  mustNotDiffer,
  notApplicable,
  passed,
} from '../check.js';
import type { Disturb } from '../disturber.js';
import { compareLedgers } from '../ledger.js';
import type { Subject } from '../subject.js';
import { answerWith } from './wire.js';

const FLOOR_MS = 100;
const CEILING_MS = 30_000;
const ZONES = ['UTC', 'Asia/Ho_Chi_Minh', 'America/Los_Angeles', 'Pacific/Kiritimati'];

/** In words that a rule about error codes fits, which must not hide the status. */
const REFUSAL = JSON.stringify({
  code: 'UNAUTHORIZED',
  status: 'error',
  error: 'Unauthorized',
  message: 'Unauthorized',
});

/** A token may end in the middle of a run. */
export const refusedInMidRun: Check = {
  name: '401-mid-run',
  title: '401 in mid-run is refreshed, or the run fails with SYNC_AUTH',
  async run(bench) {
    const { ledger } = await bench.baseline();
    const problems: (string | null)[] = [];
    const trials = [];
    for (const target of (await bench.targets()).slice(0, 2)) {
      for (const isLasting of [false, true]) {
        const disturb: Disturb = (request) =>
          hits(target, request, isLasting) ? answerWith(401, REFUSAL, { 'content-type': 'application/json' }) : null;
        const trial = await bench.run({ disturb });
        trials.push(trial);
        const code = failureCode(trial);
        if (isLasting)
          problems.push(code === 'SYNC_AUTH' ? null : `401 for good: ${code ?? 'the run succeeded'} and not SYNC_AUTH`);
        else if (code !== 'SYNC_AUTH') problems.push(mustNotDiffer(trial, ledger, '401 once'));
      }
    }
    return conclude(problems, describeEnds(trials));
  },
};

/** Every form of Retry-After that is met in the wild. */
export const retryAfter: Check = {
  name: 'retry-after',
  title: 'Retry-After in seconds, as a date, 0, absent and absurd is obeyed between a floor and a ceiling',
  async run(bench) {
    const { ledger } = await bench.baseline();
    const [target] = await bench.targets();
    if (target === undefined) return notApplicable('no page was read');
    const ceiling = Math.min(CEILING_MS, ceilingOf(bench.subject));
    const inTwentySeconds = (): string => new Date(Date.now() + 20_000).toUTCString();
    const forms: readonly {
      readonly name: string;
      readonly header: () => string | null;
      readonly least: number;
      readonly most: number;
    }[] = [
      { name: '2 seconds', header: () => '2', least: Math.min(2000, ceiling), most: CEILING_MS },
      { name: 'a date 20 s ahead', header: inTwentySeconds, least: Math.min(17_000, ceiling), most: CEILING_MS },
      { name: '0', header: () => '0', least: FLOOR_MS, most: CEILING_MS },
      { name: 'no Retry-After', header: () => null, least: FLOOR_MS, most: CEILING_MS },
      { name: '999999999', header: () => '999999999', least: FLOOR_MS, most: CEILING_MS },
      { name: '-5', header: () => '-5', least: FLOOR_MS, most: CEILING_MS },
      { name: 'a date of 1994', header: () => 'Sun, 06 Nov 1994 08:49:37 GMT', least: FLOOR_MS, most: CEILING_MS },
      { name: '"soon"', header: () => 'soon', least: FLOOR_MS, most: CEILING_MS },
    ];
    const problems: (string | null)[] = [];
    const seen: string[] = [];
    for (const { name, header, least, most } of forms) {
      const value = header();
      const refusal = answerWith(429, 'Too Many Requests\n', value === null ? {} : { 'retry-after': value });
      const trial = await bench.run({ disturb: (request) => (hits(target, request) ? refusal : null) });
      const waits = trial.attempts.flatMap(({ verdict, waitMs }) =>
        verdict === 'retry' && waitMs !== null ? [waitMs] : [],
      );
      const [wait] = waits;
      if (trial.failure !== null) problems.push(`${name}: ${trial.failure.code}: ${trial.failure.message}`);
      else if (wait === undefined) problems.push(`${name}: the request was not sent again by the runtime`);
      else if (wait < least || wait > most)
        problems.push(`${name}: waited ${wait} ms, not between ${least} and ${most}`);
      else problems.push(mustNotDiffer(trial, ledger, name));
      if (wait !== undefined) seen.push(`${name}: ${wait} ms`);
    }
    return conclude(problems, seen.join(', '));
  },
};

/** Whatever the source sends back, people never see a secret. */
export const secrets: Check = {
  name: 'secrets',
  title: 'secrets and tokens stand nowhere in pages, failures and logs: not plain, URL-encoded or in base64',
  async run(bench) {
    const names = Object.keys(bench.subject.settings.secrets);
    if (names.length === 0) return notApplicable('the source needs no secrets');
    const [target] = await bench.targets();
    // The worst that a source can do: it sends back, in an error and in a page, everything that it was sent.
    for (const status of [400, 500, 200]) {
      await bench.run({
        disturb: (request) => {
          if (target === undefined || !hits(target, request, true)) return null;
          const { method, url, headers, body } = request;
          const sent = { url, headers, body: body.toString(), encoded: encodeURIComponent(body.toString()) };
          return answerWith(status, JSON.stringify({ error: `${method} ${JSON.stringify(sent)}`, ...sent }), {
            'content-type': 'application/json',
          });
        },
      });
    }
    const wrong = Object.fromEntries(names.map((name) => [name, `wrong-value-of-${name}`]));
    const refused = await bench.run({ secrets: wrong });
    const leaks = [
      ...bench.leaks,
      ...(JSON.stringify(refused.failure?.message ?? '').includes('wrong-value-of-')
        ? ['a wrong secret stands plain in the failure']
        : []),
    ];
    const found = [...new Set(leaks)];
    return conclude(found.slice(0, 5), `${names.length} secrets looked for in all that this suite has read`);
  },
};

/** Only the zone that the source states counts, never that of the machine. */
export const timeZones: Check = {
  name: 'time-zones',
  title: 'the time zone of the machine changes nothing',
  async run({ inTimeZone, baseline, run }) {
    if (inTimeZone === null) return notApplicable('the time zone of this process cannot be changed');
    const { ledger } = await baseline();
    const problems: (string | null)[] = [];
    for (const zone of ZONES) {
      const trial = await inTimeZone(zone, () => run());
      const difference = compareLedgers(ledger, trial.ledger);
      problems.push(
        failureCode(trial) === null ? null : (mustFail(trial, zone) ?? `${zone}: ${trial.failure?.message}`),
      );
      problems.push(difference === null ? null : `${zone}: ${difference}`);
    }
    return problems.every((problem) => problem === null)
      ? passed(`the same in ${ZONES.join(', ')}`)
      : conclude(problems, '');
  },
};

function ceilingOf({ manifest }: Subject): number {
  let data: unknown = manifest?.data;
  for (const key of ['http', 'retryAfter', 'ceilingSeconds']) data = isJsonObject(data) ? data[key] : undefined;
  return typeof data === 'number' ? data * 1000 : CEILING_MS;
}
