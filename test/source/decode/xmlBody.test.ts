import { describe, expect, it } from 'vitest';
import { decode, failure, outcomeOf, rowsOf } from './body.js';

const SOAP = `<?xml version="1.0" encoding="utf-8"?>
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
<x:Answer xmlns:x="urn:gso:data" total="2"><x:Row code="01"><x:Name>Hà &amp; Nội</x:Name><x:N>007</x:N></x:Row>
<x:Row code="79"><x:Name/><x:N>12345678901234567890</x:N></x:Row></x:Answer></s:Body></s:Envelope>`;
const ROWS = [
  { '@code': '01', Name: 'Hà & Nội', N: '007' },
  { '@code': '79', Name: '', N: '12345678901234567890' },
];
const LOCAL = { type: 'xml', records: 'Envelope.Body.Answer.Row', lists: ['Row'] };

describe('xml', () => {
  it('reads names without their prefixes, and values as text', async () => {
    const { document, rows } = await decode(LOCAL, SOAP);
    expect(rows).toEqual(ROWS);
    expect(document).toEqual({ Envelope: expect.objectContaining({ Body: expect.anything() }) });
    expect(await rowsOf({ ...LOCAL, records: 'Envelope.Body.Answer.Row[*]' }, SOAP)).toEqual(ROWS);
  });

  it('reads names by the prefixes of the manifest, whatever the body calls them', async () => {
    const namespaces = { soap: 'http://schemas.xmlsoap.org/soap/envelope/', g: 'urn:gso:data' };
    const format = {
      type: 'xml',
      namespaces,
      records: '["soap:Envelope"]["soap:Body"]["g:Answer"]["g:Row"]',
      lists: ['g:Row'],
    };
    const rows = [
      { '@code': '01', 'g:Name': 'Hà & Nội', 'g:N': '007' },
      { '@code': '79', 'g:Name': '', 'g:N': '12345678901234567890' },
    ];
    expect(await rowsOf(format, SOAP)).toEqual(rows);
    const other = SOAP.replaceAll(/\bs:(?=Env|Body)/g, 'soapenv:')
      .replaceAll(/\bx:(?=[ANR])/g, 'ns2:')
      .replace('xmlns:s=', 'xmlns:soapenv=')
      .replace('xmlns:x=', 'xmlns:ns2=');
    expect(await rowsOf(format, other)).toEqual(rows);
    const byDefault = SOAP.replaceAll(/(<\/?)x:/g, '$1').replace('xmlns:x', 'xmlns');
    expect(await rowsOf(format, byDefault)).toEqual(rows);
    await expect(decode(format, SOAP.replace('urn:gso:data', 'urn:other'))).rejects.toEqual(
      failure('SYNC_PROTOCOL', 'g:Answer'),
    );
    await expect(decode(format, '<p:a/>')).rejects.toEqual(failure('SYNC_PROTOCOL', 'declares its prefixes'));
  });

  it('tells elements of one local name apart, and joins those of one name', async () => {
    const body =
      '<r xmlns:a="urn:a" xmlns:b="urn:b"><a:v>1</a:v><b:v x="2" b:x="3"/><v xmlns="urn:a" a:x="4">5</v><w xmlns="urn:c">6</w></r>';
    const { document } = await decode({ type: 'xml', namespaces: { p: 'urn:a', q: 'urn:b' } }, body);
    expect(document).toEqual({
      r: { 'p:v': ['1', { '@p:x': '4', '#text': '5' }], 'q:v': { '@x': '2', '@q:x': '3' }, w: '6' },
    });
  });

  it('explodes lists in a record', async () => {
    const body = '<a><r k="1"><v>5</v></r><r k="2"><v>6</v><v>7</v></r></a>';
    expect(await rowsOf({ type: 'xml', records: 'a.r', lists: ['r', 'v'], explode: 'v' }, body)).toEqual([
      { value: '5', parent: { '@k': '1' } },
      { value: '6', parent: { '@k': '2' } },
      { value: '7', parent: { '@k': '2' } },
    ]);
  });

  it.each([
    ['<a><rows/></a>', 'a.rows.r', []],
    ['<a><rows></rows></a>', 'a.rows.r[*]', []],
    ['<a><rows total="0"/></a>', 'a.rows.r', []],
    ['<a/>', 'a.r', []],
  ])('reads %s as no rows at %s', async (body, records, rows) => {
    expect(await rowsOf({ type: 'xml', records, lists: ['r'] }, body)).toEqual(rows);
  });

  it('takes a parent with other elements for empty only if the manifest says so', async () => {
    const format = { type: 'xml', records: 'a.r', lists: ['r'] };
    const body = '<a><code>00</code></a>';
    await expect(decode(format, body)).rejects.toEqual(failure('SYNC_PROTOCOL', 'a.r (no such member)'));
    expect(await rowsOf({ ...format, absentIsEmpty: true }, body)).toEqual([]);
    await expect(decode({ ...format, absentIsEmpty: true }, '<b/>')).rejects.toEqual(failure('SYNC_PROTOCOL'));
  });

  it.each([
    ['HTML', '<html><body>x</body></html>', 'a page of HTML'],
    ['JSON', '{"a":1}', '{"a":1}'],
    [
      'entities that expand',
      '<!DOCTYPE a [<!ENTITY x "yy"><!ENTITY z "&x;&x;">]><a>&z;</a>',
      'without a document type',
    ],
    [
      'an external entity',
      '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
      'without a document type',
    ],
    ['deep nesting', '<a>'.repeat(100_000) + '</a>'.repeat(100_000), 'well-formed'],
  ])('refuses %s', async (_name, body, message) => {
    for (const namespaces of [undefined, { p: 'urn:p' }]) {
      await expect(decode({ type: 'xml', namespaces }, body)).rejects.toEqual(failure('SYNC_PROTOCOL', message));
    }
  });

  it('bounds nesting', async () => {
    await expect(decode({ type: 'xml', maxDepth: 2 }, '<a><b><c><d/></c></b></a>')).rejects.toEqual(
      failure('SYNC_BOUND'),
    );
    expect(await rowsOf({ type: 'xml', maxDepth: 3 }, '<a><b><c><d/></c></b></a>')).toHaveLength(1);
  });

  it('fails when it is cut off at any byte', async () => {
    const body = Buffer.from(SOAP);
    for (let end = 0; end < body.length; end += 1) {
      expect(await outcomeOf(LOCAL, body.subarray(0, end))).toBe('SYNC_PROTOCOL');
    }
  });
});
