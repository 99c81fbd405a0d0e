import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CompiledExpression,
  compileExpression,
  EXPRESSION_VARIABLES,
  isExpressionProblem,
} from '../../../src/source/map/expression.js';

const SCOPE = {
  row: { count: 7, total: 40, text: '12.5', name: 'Hà Nội', none: null, nested: { list: [{ x: 1 }] }, 'a-b': 'dash' },
  parent: { code: 'P1' },
  partition: { year: '2024' },
};

function compile(text: string, expected: 'any' | 'bool' = 'any'): CompiledExpression {
  const compiled = compileExpression(text, EXPRESSION_VARIABLES, expected);
  if (isExpressionProblem(compiled)) throw new Error(`${text}: ${compiled.problem}`);
  return compiled;
}

function problemOf(text: string, expected: 'any' | 'bool' = 'any') {
  const compiled = compileExpression(text, EXPRESSION_VARIABLES, expected);
  return isExpressionProblem(compiled) ? compiled : null;
}

describe('an expression', () => {
  it.each<[string, unknown]>([
    ['row.count', 7],
    ['row["a-b"]', 'dash'],
    ['row.nested.list[0].x', 1],
    ['parent.code + "-" + partition.year', 'P1-2024'],
    ['page == null', true],
    ['row.count + 1', 8],
    ['100 - row.count', 93],
    ['row.count * 2', 14],
    ['row.total / 8', 5],
    ['row.count >= 7 && row.name != "Cả nước"', true],
    ['row.name in ["Hà Nội", "Huế"]', true],
    ['has(row.gone) ? row.gone : "none"', 'none'],
    ['row.none == null ? "" : "x"', ''],
    ['row.count > 5 ? "x" : dyn(5)', 'x'],
    ['row.name.startsWith("Hà") && !row.name.endsWith("x")', true],
    ['row.text.split(".")[0]', '12'],
    ['row.name.substring(0, 2)', 'Hà'],
    ['size(row.name)', 6n],
    ['string(row.count) + "/" + string(row.total)', '7/40'],
    ['plus(row.text, row.count)', '19.5'],
    ['minus("0.3", "0.1")', '0.2'],
    ['times(row.text, "0.001")', '0.0125'],
    ['divide(row.count, row.total, 4)', '0.175'],
    ['divide(1, 3, 6)', '0.333333'],
  ])('%s gives %o', (text, expected) => {
    expect(compile(text).evaluate(SCOPE)).toEqual(expected);
  });

  it.each([
    'row.gone',
    'row.none + 1',
    'row.text > 5',
    'parent.gone',
    'page.x',
    'plus(row.name, 1)',
    'divide(1, 0, 2)',
    'divide(1, 2, 99)',
    'row.toString',
    'row.constructor',
  ])('%s fails on a row that does not fit', (text) => {
    expect(() => compile(text).evaluate(SCOPE)).toThrow(Error);
  });

  it.each<[string, number, RegExp]>([
    ['row.', 5, /IDENTIFIER/],
    ['row.count >', 12, /EOF/],
    ['foo == 1', 1, /no variable "foo"; there are row, parent, page, partition/],
    ['row.a == 1 && secrets.key == 2', 15, /no variable "secrets"/],
    ['row.list.all(x, x > 0)', 10, /all\(\) cannot be used: it is a loop/],
    ['row.list.exists(x, x > 0)', 10, /loop/],
    ['row.list.exists_one(x, x > 0)', 10, /loop/],
    ['row.list.map(x, x)', 10, /loop/],
    ['row.list.filter(x, x > 0)', 10, /loop/],
    ['row.a.matches("(a+)+$")', 7, /unbounded time/],
    ['cel.bind(a, row.x, a + a)', 5, /without bound/],
    ['row.a.split("").join("xx")', 17, /without bound/],
    ['timestamp("2024-01-01T00:00:00Z")', 1, /cannot be used/],
    ['google.protobuf.Timestamp', 1, /no variable "google"/],
    ['type(row.a)', 1, /cannot be used/],
    ['frobnicate(row.a)', 1, /cannot be used/],
    ['1 + "a"', 1, /no such overload/],
    ['""', 1, /expected a condition/],
    ['', 1, /EOF/],
  ])('%s is refused at column %i', (text, column, problem) => {
    const found = problemOf(text, 'bool');
    expect(found?.problem).toMatch(problem);
    expect(found?.column).toBe(column);
  });

  it('has a bounded length, depth and size', () => {
    expect(problemOf(`row.a == "${'x'.repeat(1_000)}"`)?.problem).toMatch(/at most 1000 characters/);
    expect(problemOf(`${'('.repeat(100)}1${')'.repeat(100)}`)?.problem).toMatch(/depth/i);
    expect(problemOf(`1${'+1'.repeat(300)}`)?.problem).toMatch(/node/i);
  });

  it('knows which fields of the row it reads', () => {
    expect([...compile('row.a + row["b"] == parent.c || has(row.d.e)').reads]).toEqual(['a', 'b', 'd']);
    expect([...compile('row[partition.name]').reads]).toEqual(['*']);
    expect([...compile('size(row) > 3').reads]).toEqual(['*']);
  });

  it('never throws when compiled', () => {
    const words = [
      'row',
      '.a',
      '(',
      ')',
      '[',
      ']',
      '"',
      '+',
      'has',
      ' in ',
      '{',
      '}',
      ':',
      '?',
      '1',
      'ă',
      '&&',
      '!',
      '\\u',
    ];
    const near = fc.array(fc.constantFrom(...words), { maxLength: 20 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(near, fc.string()), (text) => {
        const compiled = compileExpression(text, EXPRESSION_VARIABLES);
        if (isExpressionProblem(compiled)) expect(compiled.column).toBeGreaterThan(0);
      }),
      { numRuns: 1000 },
    );
  });
});
