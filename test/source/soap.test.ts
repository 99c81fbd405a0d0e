import { describe, expect, it } from 'vitest';
import { signLines } from '../../src/source/sign.js';
import { writeUsernameToken } from '../../src/source/soap.js';
import { childElement, childText, parseXml } from '../../src/source/xml.js';

describe('parseXml', () => {
  it('drops prefixes, keeps leading zeros and long numbers, and makes lists of one element', () => {
    const text =
      '<?xml version="1.0"?><x:Rows xmlns:x="urn:x"><x:Row code="01" n="a&amp;b">007 &#65;<![CDATA[<b>]]></x:Row></x:Rows>';
    const rows = childElement(parseXml(text, ['Row']), 'Rows');
    expect(rows?.Row).toEqual([{ '@code': '01', '@n': 'a&b', '#text': '007 A<b>' }]);
    expect(childText(parseXml('<a><b>12345678901234567890</b></a>', []), 'b')).toBeNull();
    expect(childText(childElement(parseXml('<a><b>12345678901234567890</b></a>', []), 'a'), 'b')).toBe(
      '12345678901234567890',
    );
  });

  it('reads an empty element as empty, and a doubled one as none', () => {
    const root = childElement(parseXml('<a><b></b><c/><d>1</d><d>2</d></a>', ['Row']), 'a');
    expect(childElement(root, 'b')).toEqual({});
    expect(childText(root, 'd')).toBeNull();
    expect(childElement(root, 'absent')).toBeNull();
  });

  it('reads any number of character references', () => {
    const text = `<a>${'&amp;&#65;'.repeat(3000)}</a>`;
    expect(childText(parseXml(text, []), 'a')).toBe('&A'.repeat(3000));
  });

  it.each([
    ['half a body', '<a><b>1</b>'],
    ['HTML', '<html><body><br></body></html>'],
    ['text', 'Internal Server Error'],
    ['nothing', ''],
    ['a document type', '<!DOCTYPE a [<!ENTITY x "yyyyyyyy">]><a>&x;</a>'],
    ['an external entity', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
    ['deep nesting', '<a>'.repeat(500) + '</a>'.repeat(500)],
    ['a name that would reach a prototype', '<a><__proto__><x>1</x></__proto__></a>'],
  ])('refuses %s', (_name, text) => {
    expect(() => parseXml(text, [])).toThrow(expect.objectContaining({ code: 'SYNC_PROTOCOL' }));
  });
});

describe('SOAP', () => {
  it('writes the password digest of the published check value', () => {
    const nonce = Buffer.from('AAECAwQFBgcICQoLDA0ODw==', 'base64');
    const header = writeUsernameToken('dti-platform', 'example-password', new Date('2026-03-18T02:15:00.123Z'), nonce);
    expect(header).toContain('>o9Tp9crv1Zwo1gDVHHOF6+jMncs=<');
    expect(header).toContain('<wsu:Created>2026-03-18T02:15:00Z</wsu:Created>');
    expect(header).not.toContain('example-password');
  });

  it('takes a fresh nonce each time', () => {
    const write = () => writeUsernameToken('u', 'p', new Date(0));
    expect(write()).not.toBe(write());
  });
});

describe('signLines', () => {
  it('signs the published check value', () => {
    const lines = [
      '0d3f8a52-6c1e-4b7a-9f20-5b1c2d3e4f5a',
      'POPULATION_STATISTICS',
      'DTI-PLATFORM',
      '2026-03-18T02:15:00Z',
      '{"page":1,"size":500,"updatedAfter":0}',
    ];
    const signature = signLines('example-secret-key', lines);
    expect(signature).toBe('0c70df20a10c51fa5d31d61397380367e3878f2391e3a9c7cf392af9849cd4b0');
  });
});
