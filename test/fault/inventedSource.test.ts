import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { GraphqlSocket, postGraphql } from '../helpers/graphqlClient.js';
import { makeFolder, type PlatformProcess, startPlatform } from '../helpers/platform.js';
import { type InventedSource, startInventedSource } from './inventedSource.js';

const CONTRACT = join(import.meta.dirname, '../graph/contract');
const CLI = join(import.meta.dirname, '../../dist/src/cli.js');
const INDICATOR = 'SOC_ACTIVITY.06';

const PREVIEW = `mutation Preview($input: PreviewSourceInput!) {
  previewSource(input: $input) {
    failure { code message }
    pages { request body observations { entity indicator period numerator denominator obsStatus } rejects { rule raw } skipped stopReason }
  }
}`;
const LIFE = `mutation Life($key: String!) {
  checkSource(key: $key) { ok message source { status } }
  activateSource(key: $key) { source { status version } }
}`;
const SCORE = `query Score($round: String!) {
  entity(code: "46", codeSystem: "GSO-2025") {
    score(round: $round, measure: "${INDICATOR}") {
      value points automaticShare
      provenance { chosen { numerator denominator period page row syncRun { id } source { key } } }
    }
  }
}`;

function manifestOf({ baseUrl }: InventedSource, year: number): string {
  return `
key: cash_benefits
version: 1
name: { vi: Chi trả không dùng tiền mặt, en: Benefits paid without cash }
owner: A body that was invented for a test
kind: NATIONAL_DATABASE
citation: Invented figures of a test
licence: CC0-1.0
simulated: true
freshnessLimitSeconds: 3600
secrets: [signingKey]
http:
  baseUrl: ${baseUrl}
  headers: { x-ngay-gio: '{{ timestamp.seconds }}' }
authentication:
  type: hmac
  key: signingKey
  algorithm: sha512
  encoding: base64url
  separator: '~'
  lines: ['{{ method }}', '{{ path }}', '{{ timestamp.seconds }}', dti]
  headers: { x-chu-ky: '{{ signature }}' }
streams:
  - name: paid
    partitions: { year: { type: range, unit: year, from: '${year - 1}', to: '${year}' } }
    request: { path: '/{{ partition.year }}/chi-tra.csv.gz' }
    errors: [{ status: [404], action: empty }]
    pagination: { type: linkHeader }
    format: { type: csv, compression: gzip, charset: utf-16le, delimiter: '|', requiredColumns: [Địa phương, Kỳ] }
    rules: { maxRejectShare: 0.5 }
    mapping:
      framework: PDTI-922
      filter: row["Địa phương"] != "Cả nước"
      entity: { by: name, codeSystem: GSO-2025, field: Địa phương }
      period: { field: Kỳ, format: thang }
      number: { decimal: ',', thousands: . }
      figures:
        - indicator: ${INDICATOR}
          numerator: { field: Đã chi trả }
          denominator: { field: Được hưởng }
`;
}

let folder: { path: string; remove(): Promise<void> } | undefined;
let platform: PlatformProcess | undefined;
let source: InventedSource | undefined;
afterAll(async () => {
  await platform?.end('SIGKILL');
  await source?.close();
  await folder?.remove();
});

describe('a source that nobody here has seen', () => {
  it('is registered, previewed, checked, read and watched through GraphQL alone', async () => {
    const year = new Date(Date.now() + 7 * 3_600_000).getUTCFullYear();
    folder = await makeFolder();
    source = await startInventedSource(year);
    const environment = {
      DATA_DIR: folder.path,
      DEMO: '0',
      PUBLIC_PROVISIONAL: '1',
      SOURCE_ALLOWED_HOSTS: source.host,
    };
    platform = await startPlatform(environment);
    const { url } = platform;
    const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'token', '--role', 'integrator'], {
      env: { PATH: process.env.PATH, ...environment },
    });
    const token = stdout.trim();
    const ask = async (query: string, variables: Record<string, unknown>, withToken = true) => {
      const answer = await postGraphql(url, query, variables, undefined, withToken ? token : undefined);
      return answer.errors === undefined ? answer.data : { errors: answer.errors };
    };
    const contract = (name: string) => readFile(join(CONTRACT, `${name}.graphql`), 'utf8');
    const round = `PROVINCE-${year}`;

    // A dashboard watches from before the source exists.
    const socket = await GraphqlSocket.connect(url);
    const id = socket.subscribe(await contract('ranking-updates'), { round, measure: INDICATOR });
    const state = (await socket.next({ id })).payload.data.rankingUpdates;
    expect(state.complete).toBe(true);
    expect(state.rows.every(({ value }: { value: number | null }) => value === null || value === 0)).toBe(true);

    // Whoever has no token changes nothing; a misspelt key is named with its place.
    const manifest = manifestOf(source, year);
    const register = await contract('register-source');
    const refused = await ask(register, { manifest, secrets: source.secrets }, false);
    expect(refused.errors[0].extensions.code).toBe('AUTH_REQUIRED');
    const { registerSource: misspelt } = await ask(register, {
      manifest: manifest.replace('authentication:', 'authentification:'),
    });
    expect(misspelt.source).toBeNull();
    expect(misspelt.problems[0]).toMatchObject({ path: 'authentification', line: 15, column: 1, code: 'unknown_key' });

    // The preview shows requests, pages, figures and rejects, and writes nothing.
    const { previewSource: preview } = await ask(PREVIEW, {
      input: { manifest, secrets: source.secrets, maxPages: 5 },
    });
    expect(preview.failure).toBeNull();
    expect(preview.pages.flatMap(({ observations }: { observations: unknown[] }) => observations)).toHaveLength(5);
    expect(
      preview.pages.flatMap(({ rejects }: { rejects: { rule: string }[] }) => rejects.map(({ rule }) => rule)),
    ).toEqual(['entity']);
    expect(preview.pages[1].observations[0]).toEqual({
      ...{ entity: 'GSO-2025:46', indicator: INDICATOR, period: `${year}-09`, obsStatus: 'A' },
      ...{ numerator: '61234', denominator: '80000' },
    });
    expect(JSON.stringify(preview)).not.toContain(source.secrets[0]?.value);

    const { registerSource: registered } = await ask(register, { manifest, secrets: source.secrets });
    expect(registered).toEqual({ source: { key: 'cash_benefits', status: 'DRAFT', version: 1 }, problems: [] });
    const life = await ask(LIFE, { key: 'cash_benefits' });
    expect(life.checkSource).toMatchObject({ ok: true, source: { status: 'CHECKED' } });
    expect(life.activateSource.source).toEqual({ status: 'ACTIVE', version: 1 });

    // The account adds up, and the score follows from the two counts: 61,234 of 80,000 against a target of 80 %.
    const sync = await contract('sync-source');
    const { syncSource: first } = await ask(sync, { key: 'cash_benefits' });
    expect(first.run).toMatchObject({
      status: 'SUCCEEDED_WITH_REJECTS',
      read: 7,
      written: 5,
      rejected: 1,
      skipped: 1,
      error: null,
    });
    const update = (await socket.next({ id })).payload.data.rankingUpdates;
    expect(update.previousRevision).toBe(state.revision);
    const hue = (rows: { entity: { code: string }; value: number; rank: number }[]) =>
      rows.find(({ entity }) => entity.code === '46');
    expect(hue(update.rows)).toMatchObject({ rank: 1 });
    expect(hue(update.rows)?.value).toBeCloseTo(61_234 / 80_000 / 0.8, 11);

    // One changed count reaches the subscriber as one changed row.
    const line = source.lines[0];
    if (line !== undefined) line.paid = 40_000;
    const { syncSource: second } = await ask(sync, { key: 'cash_benefits' });
    expect(second.run).toMatchObject({ read: 7, unchanged: 4, superseded: 1, written: 0 });
    const change = (await socket.next({ id })).payload.data.rankingUpdates;
    expect(change).toMatchObject({ previousRevision: update.revision, complete: false });
    expect(hue(change.rows)).toMatchObject({ previousRank: 1, previousValue: hue(update.rows)?.value });
    expect(hue(change.rows)?.value).toBeCloseTo(0.625, 11);
    await socket.close();

    // Anybody may ask why: the figure leads to its run, page and row.
    const { entity } = await ask(SCORE, { round }, false);
    expect(entity.score).toMatchObject({ points: 9.375, automaticShare: 1 });
    expect(entity.score.provenance.chosen).toEqual({
      ...{ numerator: '40000', denominator: '80000', period: `${year}-09`, page: 1, row: 0 },
      ...{ syncRun: { id: second.run.id }, source: { key: 'cash_benefits' } },
    });
  });
});
