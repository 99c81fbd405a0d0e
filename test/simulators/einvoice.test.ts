import { describe, expect, it } from 'vitest';
import { startForTest } from './client.js';

describe('einvoice', () => {
  it('accepts the check value of its document and answers namespaced rows', async () => {
    const client = await startForTest({ now: () => new Date('2026-03-18T02:16:00Z') });
    const nonce = Buffer.from('AAECAwQFBgcICQoLDA0ODw==', 'base64');
    const answer = await client.soap(0, 1, 2, { nonce, created: '2026-03-18T02:15:00Z' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/xml; charset=utf-8');
    expect(answer.text).toContain('<einv:TotalCount>282</einv:TotalCount><einv:PageCount>141</einv:PageCount>');
    expect(answer.text).toMatch(
      /<einv:Row sequence="1000" status="FINAL"><einv:Province codeSystem="GSO-2004" code="01"\/><einv:Month>2021-01<\/einv:Month><einv:ActiveEnterprises>\d+<\/einv:ActiveEnterprises>/,
    );
  });

  it.each([
    ['AUTH_FAILED', { password: 'wrong' }],
    ['AUTH_FAILED', { username: 'someone' }],
    ['AUTH_FAILED', { nonce: Buffer.from('short') }],
    ['AUTH_EXPIRED', { created: '2020-01-01T00:00:00Z' }],
    ['AUTH_EXPIRED', { created: 'yesterday' }],
    ['AUTH_EXPIRED', { timestamp: '<u:Timestamp><u:Expires>2020-01-01T00:00:00Z</u:Expires></u:Timestamp>' }],
    ['OPERATION_UNKNOWN', { action: 'DropTables' }],
    ['REQUEST_INVALID', { prologue: '<!DOCTYPE x [<!ENTITY a "b">]>' }],
    ['REQUEST_INVALID', { prologue: '<unclosed>' }],
    ['RESULT_SET_EXPIRED', { resultSet: '999' }],
    ['RESULT_SET_EXPIRED', { resultSet: '1001' }],
    ['RESULT_SET_EXPIRED', { resultSet: 'x' }],
  ])('refuses with %s and HTTP 500: %o', async (code, overrides) => {
    const client = await startForTest();
    const answer = await client.soap(0, 1, 500, overrides);
    expect(answer.status).toBe(500);
    expect(answer.text).toContain(`<einv:Code>${code}</einv:Code>`);
  });

  it('refuses a nonce that was used before', async () => {
    const client = await startForTest();
    const nonce = Buffer.from('0123456789abcdef');
    expect((await client.soap(0, 1, 1, { nonce })).status).toBe(200);
    expect((await client.soap(0, 1, 1, { nonce })).text).toContain('<einv:Code>AUTH_REPLAY</einv:Code>');
  });

  it.each([
    ['PAGE_INVALID', 0, 1, 501],
    ['PAGE_INVALID', 0, 1, 0],
    ['PAGE_INVALID', 0, 0, 10],
    ['REQUEST_INVALID', -1, 1, 10],
    ['REQUEST_INVALID', 0, 'one', 10],
  ])('refuses bad paging with %s', async (code, after, page, size) => {
    const client = await startForTest();
    expect((await client.soap(after, page, size)).text).toContain(`<einv:Code>${code}</einv:Code>`);
  });

  it('answers a page beyond the last without rows', async () => {
    const client = await startForTest();
    const answer = await client.soap(0, 99, 500);
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain('<einv:Row ');
  });
});
