import { describe, expect, it } from 'vitest';
import { parseManifest } from '../../../src/source/manifest/parseManifest.js';
import { startFakeSource } from '../fakeSource.js';
import { makeConnector, makeManifest, makeRows, read, sendJson } from './manifestFixture.js';

describe('the connector of a manifest', () => {
  it('carries what the runtime holds the source to', () => {
    const http = {
      ...{ baseUrl: 'https://a.example/api', limits: { requestsPerSecond: 2 }, allowedHosts: ['b.example'] },
      timeouts: { connectMs: 5, headersMs: 6, idleMs: 7 },
    };
    const { spec } = makeConnector(makeManifest({}, { http, schedule: '0 2 * * *' }));
    expect(spec).toMatchObject({ baseUrl: http.baseUrl, schedule: '0 2 * * *', allowedHosts: ['b.example'] });
    expect(spec.hostLimits).toEqual({ requestsPerSecond: 2 });
    expect(spec.bounds).toMatchObject({ connectTimeoutMs: 5, headersTimeoutMs: 6, idleTimeoutMs: 7 });
    const bare = makeConnector(makeManifest({}));
    expect(Object.keys(bare.spec)).not.toContain('schedule');
    expect(bare.streams[0]).not.toHaveProperty('rules');
  });

  it('carries the rules of its streams', () => {
    const rules = { unique: 'highest_revision', maxRejectShare: 0.1, minRowsShare: 0, fullSnapshot: true };
    expect(makeConnector(makeManifest({ rules })).streams[0]?.rules).toEqual(rules);
    expect(makeConnector(makeManifest({ rules: {} })).streams[0]?.rules).toEqual({
      unique: 'identical',
      fullSnapshot: false,
    });
  });

  it('reads from the address that the manifest names, unless its settings say another', async () => {
    const answer = (from: number) =>
      startFakeSource((_request, response) => sendJson(response, { items: makeRows(from, from) }));
    const [named, set] = [await answer(1), await answer(2)];
    const connector = makeConnector(makeManifest({}, { http: { baseUrl: named.baseUrl } }));
    expect((await read(connector, '')).codes).toEqual([1]);
    expect((await read(connector, set.baseUrl)).codes).toEqual([2]);
    await expect(read(makeConnector(makeManifest({})), '')).rejects.toMatchObject({ code: 'SYNC_CONFIG' });
  });

  it.each([
    ['http.baseUrl', { http: { baseUrl: 'file:///etc/passwd' } }],
    ['http.baseUrl', { http: { baseUrl: 'https://user:word@a.example' } }],
    ['http.limits.maxConcurrent', { http: { limits: { maxConcurrent: 0 } } }],
    ['schedule', { schedule: '61 * * * *' }],
    ['streams[0].rules.maxRejectShare', { streams: [{ rules: { maxRejectShare: 2 } }] }],
    ['streams[0].rules.unique', { streams: [{ rules: { unique: 'newest' } }] }],
  ])('is not made with a bad %s', (path, source) => {
    const { problems } = parseManifest(JSON.stringify(makeManifest({}, source)));
    expect(problems.map((problem) => problem.path)).toContain(path);
  });
});
