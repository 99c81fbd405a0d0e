import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { FanoutResult } from './fanoutRow.js';
import type { CombinedResult, FreshnessResult } from './liveRow.js';
import { LOAD_ENGINE } from './load.js';
import { PEERS_FOLDER } from './process.js';
import type { Question } from './queries.js';
import type { Measured } from './queryRow.js';
import type { RepeatedResult } from './repeatedRow.js';

/** One line of the table. */
export interface Row {
  readonly measure: string;
  readonly peers: string;
  readonly platform: string;
  readonly goal: string;
  /** Null = not measured, or without a goal. */
  readonly isReached: boolean | null;
}

/** The table in Markdown. */
export function printRows(rows: readonly Row[]): string {
  const lines = rows.map(({ measure, peers, platform, goal, isReached }) => {
    const verdict = isReached === null ? '' : isReached ? 'reached' : '**missed**';
    return `| ${measure} | ${peers} | ${platform} | ${goal} | ${verdict} |`;
  });
  return ['| measure | peers | the platform | goal | |', '| --- | --- | --- | --- | --- |', ...lines].join('\n');
}

/** What the figures were taken on. */
export function printMachine(): string {
  const { dependencies } = JSON.parse(readFileSync(join(PEERS_FOLDER, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const names = ['postgraphile', 'mercurius', '@apollo/server', 'fastify', 'graphql-yoga', 'graphql-ws', 'ws'];
  const versions = names.map((name) => `${name} ${dependencies[name]}`).join(', ');
  const commit = existsSync('.git')
    ? ` at ${execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim()}`
    : '';
  const load = LOAD_ENGINE === 'wrk' ? 'wrk' : 'autocannon (wrk is not installed)';
  return `${new Date().toISOString().slice(0, 10)}${commit}, Node ${process.version}, PostgreSQL 18, ${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), shared with other work; load from ${load}. Peers: ${versions}.`;
}

/** Server and PostgreSQL together, in microseconds a request. */
function costOf({ serverMicros, databaseMicros }: Pick<Measured, 'serverMicros' | 'databaseMicros'>): number {
  return serverMicros + databaseMicros;
}

const GOALS: Readonly<Record<Question, number>> = { Q1: 2.5, Q2: 4, Q3: 4, Q4: 2.5 };
const WORDS: Readonly<Record<Question, string>> = {
  Q1: 'top 20 of a ranking',
  Q2: '63 entities x 8 main indexes',
  Q3: 'one entity, all indicators and years',
  Q4: 'filtered and grouped',
};

/** Uncached questions, in multiples of PostGraphile. */
export function questionRows(size: string, measured: readonly Measured[]): Row[] {
  return (['Q1', 'Q2', 'Q3', 'Q4'] as const).flatMap((question): Row[] => {
    const of = new Map(measured.filter((each) => each.question === question).map((each) => [each.name, each]));
    const [base, ours] = [of.get('PostGraphile'), of.get('platform')];
    if (base === undefined || ours === undefined) {
      const measure = `${question}, ${WORDS[question]}; ${size}, uncached`;
      const platform = `not measured: ${ours === undefined ? 'the platform' : 'PostGraphile'} did not start`;
      return [{ measure, peers: '', platform, goal: `${GOALS[question]} times PostGraphile`, isReached: null }];
    }
    const times = (each: Measured) => costOf(base) / costOf(each);
    const peers = [...of.values()].filter(({ name }) => name !== 'platform');
    const list = peers.map((each) => `${each.name} ${times(each).toFixed(1)} (${costOf(each).toFixed(0)} µs)`);
    return [
      {
        measure: `${question}, ${WORDS[question]}; ${size}, uncached, other variables each time; CPU of server and PostgreSQL`,
        ...{ peers: list.join(', '), platform: `${times(ours).toFixed(1)} (${costOf(ours).toFixed(0)} µs)` },
        ...{ goal: `${GOALS[question]} times PostGraphile`, isReached: times(ours) >= GOALS[question] },
      },
    ];
  });
}

/** Resident memory after the four questions. */
export function memoryRow(measured: readonly Measured[]): Row[] {
  const memory = new Map(measured.map(({ name, memoryMb }) => [name, memoryMb]));
  const ours = memory.get('platform');
  if (ours === undefined) return [];
  const peers = [...memory].filter(([name]) => name !== 'platform').map(([name, mb]) => `${name} ${mb.toFixed(0)} MB`);
  return [
    {
      ...{
        measure: 'memory, national, while serving Q1 to Q4',
        peers: peers.join(', '),
        platform: `${ours.toFixed(0)} MB`,
      },
      ...{ goal: '250 MB', isReached: ours <= 250 },
    },
  ];
}

/** Repeated answers beside the floor: the worst question counts. */
export function repeatedRows(results: readonly RepeatedResult[]): Row[] {
  const [shares, tails] = [
    results.map(({ platform, floor }) => floor.serverMicros / costOf(platform)),
    results.map(({ platform, floor }) => platform.p99 / floor.p99),
  ];
  const list = (of: (result: RepeatedResult) => string) =>
    results.map((each) => `${each.question} ${of(each)}`).join(', ');
  return [
    {
      measure: 'repeated answers within a revision, in requests for the same CPU',
      peers: `Fastify from memory 1 (${list(({ floor }) => `${floor.serverMicros.toFixed(0)} µs`)})`,
      platform: list(
        ({ platform, floor }) =>
          `${(floor.serverMicros / costOf(platform)).toFixed(2)} (${costOf(platform).toFixed(0)} µs)`,
      ),
      ...{ goal: '0.6', isReached: Math.min(...shares) >= 0.6 },
    },
    {
      measure: 'the same, 99th percentile',
      peers: `Fastify ${list(({ floor }) => `${floor.p99.toFixed(1)} ms`)}`,
      platform: list(({ platform, floor }) => `${(platform.p99 / floor.p99).toFixed(1)} times`),
      ...{ goal: '2 times the floor', isReached: Math.max(...tails) <= 2 },
    },
  ];
}

/** Fan-out to a number of sockets, in multiples of plain ws. */
export function fanoutRows(results: readonly FanoutResult[]): Row[] {
  const of = new Map(results.map((each) => [each.kind, each]));
  const [ws, ours, many] = [of.get('ws'), of.get('platform'), of.get('platform-100')];
  if (ws === undefined || ours === undefined) {
    throw new Error(`fan-out needs plain ws and the platform; measured were ${[...of.keys()].join(', ') || 'none'}`);
  }
  const peers = results.filter(({ kind }) => !kind.startsWith('platform'));
  const sockets = ws.clients.toLocaleString('en');
  const words = (read: (each: FanoutResult) => string) => peers.map((each) => `${each.kind} ${read(each)}`).join(', ');
  const cpu = (each: FanoutResult) => each.cpuMicros / ws.cpuMicros;
  const last = (each: FanoutResult) => each.last / ws.last;
  const said = (each: FanoutResult) =>
    `${last(each).toFixed(1)} times (${each.last.toFixed(0)} ms; ${(each.lastFromWrite ?? 0).toFixed(0)} ms from the write that it computes)`;
  const extra =
    many === undefined
      ? []
      : [
          {
            measure: `the same with 100 distinct operations, ${sockets} sockets: CPU per delivery; last socket`,
            ...{ peers: '', platform: `${many.cpuMicros.toFixed(1)} µs; ${said(many)}` },
            ...{ goal: 'last: 2 times plain ws', isReached: last(many) <= 2 },
          },
        ];
  return [
    {
      measure: `fan-out of 5 kB to ${sockets} sockets, server CPU per delivery`,
      ...{ peers: words((each) => `${each.cpuMicros.toFixed(1)} µs`), goal: '1.5 times plain ws' },
      ...{ platform: `${cpu(ours).toFixed(2)} times (${ours.cpuMicros.toFixed(1)} µs)`, isReached: cpu(ours) <= 1.5 },
    },
    {
      measure: `the same, last of ${sockets} sockets has it, from the commit of the revision`,
      ...{ peers: words((each) => `${each.last.toFixed(0)} ms`), goal: '1.5 times plain ws' },
      ...{ platform: said(ours), isReached: last(ours) <= 1.5 },
    },
    ...extra,
  ];
}

/** The rows about one write and about everything at once. */
export function liveRows(fresh: FreshnessResult, combined: CombinedResult): Row[] {
  const percent = (combined.withinSecond * 100).toFixed(1);
  return [
    {
      measure: `one changed observation to the last of ${fresh.dashboards.toLocaleString('en')} dashboards, national`,
      ...{
        peers: '',
        platform: `p50 ${fresh.p50.toFixed(0)} ms, p99 ${fresh.p99.toFixed(0)} ms (${fresh.writes} writes)`,
      },
      ...{ goal: 'p50 100 ms, p99 500 ms', isReached: fresh.p50 <= 100 && fresh.p99 <= 500 },
    },
    {
      measure: `${combined.readsPerSecond.toFixed(0)} ranking reads/s, 20 writes/s, 10 syncs, ${fresh.dashboards.toLocaleString('en')} dashboards together`,
      peers: '',
      platform: `reads p50 ${combined.readP50.toFixed(0)} ms, p99 ${combined.readP99.toFixed(0)} ms, ${combined.readErrors} errors; ${percent} % of dashboards updated within 1 s (p50 ${combined.lagP50.toFixed(0)} ms); ${combined.syncs} syncs`,
      goal: 'reads p99 200 ms; 99 % within 1 s',
      isReached: combined.readP99 <= 200 && combined.withinSecond >= 0.99,
    },
  ];
}
