import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../src/source/redact.js';

const SECRET = 'pä+ss/w rd&"<1>\'é(~)';

describe('createRedactor', () => {
  it.each([
    ['plain', SECRET],
    ['percent-encoded', encodeURIComponent(SECRET)],
    ['percent-encoded in lower case', encodeURIComponent(SECRET).replace(/%../g, (code) => code.toLowerCase())],
    ['form-encoded', new URLSearchParams({ q: SECRET }).toString().slice(2)],
    ['JSON', JSON.stringify(SECRET).slice(1, -1)],
    ['base64', Buffer.from(SECRET).toString('base64')],
    ['base64url', Buffer.from(SECRET).toString('base64url')],
    ['hexadecimal', Buffer.from(SECRET).toString('hex')],
  ])('hides a secret that is written %s', (_name, form) => {
    const hidden = createRedactor({ password: SECRET }).redact(`before ${form} after`);
    expect(hidden).toBe('before [secret] after');
  });

  it('hides a secret inside a longer base64 text, whatever stands before and after it', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (before, after) => {
        const { redact } = createRedactor({ key: 'correct-horse-battery' });
        const text = Buffer.from(`${before}correct-horse-battery${after}`).toString('base64');
        const shown = redact(text).split('[secret]').join('');
        expect(shown.length).toBeLessThan(text.length - 20);
        expect(Buffer.from(text, 'base64').toString()).toContain('horse');
        for (const piece of redact(text).split('[secret]')) {
          expect(Buffer.from(piece, 'base64').toString('latin1')).not.toContain('horse');
        }
      }),
    );
  });

  it('leaves no rest of a secret that contains another one', () => {
    const { redact } = createRedactor({ short: 'abc', long: 'xabcx' });
    expect(redact('xabcx abc')).toBe('[secret] [secret]');
  });

  it.each([
    ['1', 'Tháng 10/2026', 'Tháng 10/2026'],
    ['2026', '12026 2026a a2026 é2026', '12026 2026a a2026 é2026'],
    [
      '2026',
      '{"key":"2026"} k=2026&x ?k%3D2026%26 "\\n2026"',
      '{"key":"[secret]"} k=[secret]&x ?k%3D[secret]%26 "\\n[secret]"',
    ],
    ['a+b/c', 'k=a%2Bb%2Fc&x xa%2Bb%2Fcx', 'k=[secret]&x xa%2Bb%2Fcx'],
    ['abcdefg', 'abcdefgh abcdefg', 'abcdefgh [secret]'],
    ['abcdefgh', 'xabcdefghx', 'x[secret]x'],
  ])('hides the short secret %s only where it stands alone: %s', (secret, text, hidden) => {
    expect(createRedactor({ secret }).redact(text)).toBe(hidden);
  });

  it('hides a short secret in a Basic header', () => {
    const header = `Basic ${Buffer.from('user:kh0axy').toString('base64')}`;
    expect(createRedactor({ password: 'kh0axy' }).redact(header)).toContain('[secret]');
  });

  it('hides what is added later, and ignores empty secrets', () => {
    const redactor = createRedactor({ empty: '' });
    expect(redactor.redact('a token')).toBe('a token');
    redactor.add('token');
    expect(redactor.redact('a token')).toBe('a [secret]');
  });
});
