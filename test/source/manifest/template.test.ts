import { describe, expect, it } from 'vitest';
import { compileTemplate, type ScopeValue } from '../../../src/source/manifest/template.js';
import { compileRequest } from '../../../src/source/manifest/writeRequest.js';

const SCOPE = new Map<string, ScopeValue>([
  ['page', 2],
  ['a.b', 'x&"<\r\ny'],
  ['nothing', null],
]);

describe('a template', () => {
  it.each<[string, ScopeValue]>([
    ['plain', 'plain'],
    ['', ''],
    ['{{page}}', 2],
    [' {{ page }}', ' 2'],
    ['{{ nothing }}', null],
    ['-{{ nothing }}-', '--'],
    ['{{# nothing }}p={{ page }}{{/ nothing }}', null],
    ['{{# page }}p={{ page }}{{/ page }}', 'p=2'],
    ['{{# page }}{{# nothing }}x{{/ nothing }}y{{/ page }}', 'y'],
    ['{ page } }}', '{ page } }}'],
    ['{"a":{{page}}}', '{"a":2}'],
  ])('"%s" gives %j', (text, expected) => {
    expect(compileTemplate(text).renderValue(SCOPE)).toBe(expected);
  });

  it.each([
    '{{ page',
    '{{ 1 }}',
    '{{ page | upper }}',
    '{{# page }}',
    '{{/ page }}',
    '{{# page }}{{/ nothing }}',
  ])('refuses "%s"', (text) => {
    expect(() => compileTemplate(text)).toThrow(SyntaxError);
  });
});

describe('a value is escaped for where it stands', () => {
  const write = (request: Partial<Parameters<typeof compileRequest>[0]>) =>
    compileRequest(
      { method: 'POST', path: '/', query: {}, headers: {}, ...request },
      { headers: {}, query: {} },
    )(SCOPE);

  it('in a path, JSON, a form and XML', () => {
    expect(write({ path: '/{{ a.b }}/x' }).path).toBe('/x%26%22%3C%0D%0Ay/x');
    expect(
      write({ body: { json: { a: '<{{ a.b }}>', n: '{{ page }}', o: '{{ nothing }}', l: ['{{ nothing }}', 1] } } })
        .body,
    ).toBe('{"a":"<x&\\"<\\r\\ny>","n":2,"l":[1]}');
    expect(write({ body: { form: { a: '{{ a.b }}', o: '{{ nothing }}' } } }).body).toBe('a=x%26%22%3C%0D%0Ay');
    expect(write({ body: { xml: '<q>{{ a.b }}</q>' } }).body).toBe('<q>x&amp;&quot;&lt;\r\ny</q>');
  });

  it('and never breaks a header', () => {
    expect(() => write({ headers: { x: '{{ a.b }}' } })).toThrow(/header "x"/);
    expect(write({ headers: { 'X-Page': '{{ page }}', 'X-Nothing': '{{ nothing }}' } }).headers).toEqual({
      'x-page': '2',
    });
  });
});
