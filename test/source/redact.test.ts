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

  it('hides what is added later, and ignores empty secrets', () => {
    const redactor = createRedactor({ empty: '' });
    expect(redactor.redact('a token')).toBe('a token');
    redactor.add('token');
    expect(redactor.redact('a token')).toBe('a [secret]');
  });
});
