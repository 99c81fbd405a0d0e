import { describe, expect, it } from 'vitest';
import type { PrivacyAllowance, SourcePage } from '../../src/domain/connector.js';
import { PlatformError } from '../../src/domain/errors.js';
import { previewSource } from '../../src/source/preview.js';
import { createPrivacyGuard } from '../../src/source/privacy.js';
import { LOOPBACK } from '../helpers/loopback.js';
import { failureOf, startFakeSource } from './fakeSource.js';
import { makeConnector, makeManifest, makeRows, read, sendJson } from './manifest/manifestFixture.js';

function makePage(rows: readonly unknown[], body: string = JSON.stringify({ items: rows })): SourcePage {
  return {
    request: 'GET /rows',
    response: { status: 200, headers: {}, body },
    rows: rows.map((raw) => ({ raw, records: [] })),
    ...{ declaredTotal: null, stopReason: null, cursor: null },
  };
}

function refusalOf(page: SourcePage, allow: readonly PrivacyAllowance[] = []): PlatformError | null {
  try {
    createPrivacyGuard('rows', allow).check(page, 3);
    return null;
  } catch (error) {
    if (error instanceof PlatformError) return error;
    throw error;
  }
}

const allow = (field: string, kind: PrivacyAllowance['kind']) => [{ field, kind, reason: 'of the office' }];
const GOOD = { code: '01', period: '2024-03', value: 123_456_789_012, at: '2024-03-18T15:30:00Z', id: '202403181530' };

describe('the guard of privacy', () => {
  it.each([
    ['personal_number', 'who', { who: '001099012345' }],
    ['personal_number', 'people.number', { people: [{ number: '079190012345' }] }],
    ['personal_number', 'note', { note: 'cấp cho 001099012345' }],
    ['personal_number', 'cccd', { cccd: 1_099_012_345 }],
    ['personal_number', 'soCmnd', { soCmnd: '123456789' }],
    ['personal_number', '_malformed', { _malformed: '1;001099012345;x' }],
    ['phone', 'contact', { contact: '0912 345 678' }],
    ['phone', 'sdt', { sdt: 912_345_678 }],
    ['email', 'a.b', { a: { b: ['x', 'an@example.vn'] } }],
    ['phone', '[name]', { '0912345678': 4 }],
    ['email', 'people[name]', { people: { 'an@example.vn': { count: 1 } } }],
  ])('refuses a %s in %s, and never says it', (kind, field, raw) => {
    const refusal = refusalOf(makePage([GOOD, { ...GOOD, ...raw }]));
    expect(refusal).toMatchObject({ code: 'SYNC_PRIVACY', failureType: 'config_error' });
    expect(refusal?.details).toEqual({ stream: 'rows', page: 3, row: 1, field, kind });
    expect(`${refusal?.message} ${JSON.stringify(refusal?.details)}`).not.toMatch(/\d{6}|\d{3} \d{3}|example/);
  });

  it('lets aggregates pass', () => {
    const uuid = '3f2504e0-4f89-11d3-9a0c-001099012345';
    expect(
      refusalOf(makePage([GOOD, { ...GOOD, uuid, mst: '0901234567', phones: 912_345_678, none: null }])),
    ).toBeNull();
  });

  it('lets what the manifest allows pass, in that field and of that kind only', () => {
    const page = makePage([{ office: { phone: '0912345678', fax: ['0987654321'] } }]);
    expect(refusalOf(page)?.details.field).toBe('office.phone');
    expect(refusalOf(page, allow('office.phone', 'phone'))?.details.field).toBe('office.fax');
    expect(refusalOf(page, allow('office.phone', 'email'))?.details.field).toBe('office.phone');
    expect(refusalOf(page, [...allow('office.phone', 'phone'), ...allow('office.fax', 'phone')])).toBeNull();
  });

  it('looks beside the rows, where only a publisher may say how to reach it', () => {
    const page = (beside: object, body = JSON.stringify({ items: [GOOD], ...beside })) => makePage([GOOD], body);
    expect(refusalOf(page({ extension: { contact: [{ mail: 'info@gso.vn', phone: '0912345678' }] } }))).toBeNull();
    expect(refusalOf(page({ debug: { user: 'an@example.vn' } }))?.details).toMatchObject({ field: 'body', row: null });
    expect(refusalOf(page({ contact: '001099012345' }))?.details).toMatchObject({ kind: 'personal_number' });
    const xml = '<a><contact>info@gso.vn</contact></a>';
    expect(refusalOf(page({}, xml))?.details).toMatchObject({ field: 'body', kind: 'email' });
    expect(refusalOf(page({}, xml), allow('body', 'email'))).toBeNull();
    expect(refusalOf(page({}, 'data:application/zip;base64,MDAx/001099012345/'))).toBeNull();
  });
});

describe('a source with personal data', () => {
  const source = () =>
    startFakeSource(({ url }, response) => {
      const isSecond = url.includes('page=2');
      const rows = isSecond ? makeRows(3, 4).map((row) => ({ ...row, officer: '001099012345' })) : makeRows(1, 2);
      sendJson(response, { items: rows, pages: 2 });
    });
  const stream = {
    request: { path: '/rows', query: { page: '{{ page }}' } },
    pagination: { type: 'page', stop: { rule: 'lastPage', path: 'pages' } },
  };

  it('fails before anything of the page is handed on', async () => {
    const { baseUrl } = await source();
    const failure = await failureOf(read(makeConnector(makeManifest(stream)), baseUrl));
    expect(failure).toMatchObject({ code: 'SYNC_PRIVACY', failureType: 'config_error' });
    expect(failure.message).toContain('page 1: row 0, field officer');
  });

  it('shows nobody’s number in a preview', async () => {
    const { baseUrl } = await source();
    const { pages, failure } = await previewSource(makeConnector(makeManifest(stream)), {
      ...{ settings: { baseUrl, secrets: {} }, mode: 'FULL_REFRESH', cursors: {}, maxPages: 5, addressGuard: LOOPBACK },
      lookup: { entityId: () => 1, indicatorId: () => 1 },
      ...{ signal: new AbortController().signal, now: () => new Date() },
    });
    expect(pages).toHaveLength(1);
    expect(failure?.code).toBe('SYNC_PRIVACY');
    expect(JSON.stringify({ pages, failure, message: failure?.message })).not.toContain('001099012345');
  });

  it('is read when its manifest says why', async () => {
    const { baseUrl } = await source();
    const privacy = { allow: [{ field: 'officer', kind: 'personal_number', reason: 'Serial numbers of forms' }] };
    expect((await read(makeConnector(makeManifest({ ...stream, privacy })), baseUrl)).codes).toEqual([1, 2, 3, 4]);
  });

  it('leaves no number in the words of its own errors', async () => {
    const { baseUrl } = await startFakeSource((_request, response) =>
      sendJson(response, { error: 'an@example.vn (001099012345) has no right' }, 409),
    );
    const errors = [{ status: [409], action: 'fail', message: 'error' }];
    const attempts: unknown[] = [];
    const failure = await failureOf(
      read(makeConnector(makeManifest({ errors })), baseUrl, { onAttempt: (attempt) => attempts.push(attempt) }),
    );
    expect(failure.message).toContain('[email] ([personal_number]) has no right');
    expect(JSON.stringify(attempts)).not.toMatch(/example|0010990/);
  });
});
