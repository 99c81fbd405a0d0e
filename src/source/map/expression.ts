import { type ASTNode, Environment, EvaluationError, ParseError, TypeError as TypeFault } from '@marcbachmann/cel-js';
import { z } from 'zod';
import { describeError } from '../../domain/errors.js';
import { registerArithmetic } from './expressionArithmetic.js';

/** What the expressions of a mapping may name. */
export const EXPRESSION_VARIABLES = ['row', 'parent', 'page', 'partition'] as const;
/** Values of the variables of an expression, by name; a missing one reads as null. */
export type Scope = Readonly<Record<string, unknown>>;

/** An expression, checked and ready. */
export interface CompiledExpression {
  /**
   * @returns a text, bigint, number, boolean, null, list or map
   * @throws Error when the values do not fit, such as a field that is missing
   */
  evaluate(scope: Scope): unknown;
  /** Names of the fields of `row` that it reads; `*` when any may be read. */
  readonly reads: ReadonlySet<string>;
}

/** Why a text is not an expression of a mapping. */
export interface ExpressionProblem {
  readonly problem: string;
  /** Of the character where it shows, from 1. */
  readonly column: number;
}

/** Characters of the longest expression. With the functions below an expression then takes time and memory in proportion to the row. */
const MAX_CHARS = 1_000;
const LIMITS = { maxAstNodes: 300, maxDepth: 24, maxListElements: 100, maxMapEntries: 20, maxCallArguments: 4 };

/**
 * Functions that an expression may call. Not among them: loops (all, exists, exists_one, map, filter); matches, whose patterns may take
 * exponential time; bind and join, by which a short expression could double a text again and again.
 */
const FUNCTIONS = ['has', 'size', 'string', 'int', 'double', 'bool', 'dyn', 'plus', 'minus', 'times', 'divide'];
const METHODS = [
  ...['startsWith', 'endsWith', 'contains', 'size', 'trim', 'lowerAscii', 'upperAscii'],
  ...['indexOf', 'lastIndexOf', 'substring', 'split'],
];
const WHY_NOT: ReadonlyMap<string, string> = new Map([
  ...['all', 'exists', 'exists_one', 'map', 'filter'].map((name): [string, string] => [name, 'it is a loop']),
  ['matches', 'a pattern may take unbounded time; use startsWith, endsWith, contains or allowed values'],
  ['bind', 'it lets a value grow without bound'],
  ['join', 'it lets a text grow without bound'],
]);

const environments = new Map<string, Environment>();

/**
 * Compiles an expression of CEL: total, without loops, with no access but to the variables. Numbers of JSON are doubles, which mix with whole
 * numbers here; `plus`, `minus`, `times` and `divide(a, b, digits)` compute exactly, also on texts such as "12.5".
 * @param expected `bool` when nothing else makes sense; an expression that surely gives something else is a problem
 */
export function compileExpression(
  text: string,
  variables: readonly string[],
  expected: 'any' | 'bool' = 'any',
): CompiledExpression | ExpressionProblem {
  if (text.length > MAX_CHARS) {
    return { problem: `an expression has at most ${MAX_CHARS} characters, not ${text.length}`, column: MAX_CHARS + 1 };
  }
  try {
    const parsed = environmentOf(variables).parse(text);
    const reads = new Set<string>();
    const fault = findFault(parsed.ast, variables, reads);
    if (fault !== null) return fault;
    const { valid, type, error } = parsed.check();
    if (!valid) return problemOf(error);
    if (expected === 'bool' && type !== 'bool' && type !== 'dyn') {
      return { problem: `expected a condition, which is true or false; this is of type ${type}`, column: 1 };
    }
    return { evaluate: (scope) => parsed(fillScope(scope, variables)), reads };
  } catch (error) {
    return problemOf(error);
  }
}

/** True for a problem, not for a compiled expression. */
export function isExpressionProblem(compiled: CompiledExpression | ExpressionProblem): compiled is ExpressionProblem {
  return 'problem' in compiled;
}

/** Says what went wrong in an evaluation, without the drawing that the package adds. */
export function describeEvaluation(error: unknown): string {
  return error instanceof EvaluationError ? error.summary : describeError(error);
}

/** The text of an expression in a manifest, compiled once to check it. */
export function expressionSchema(expected: 'any' | 'bool') {
  return z.string().superRefine((text, context) => {
    const compiled = compileExpression(text, EXPRESSION_VARIABLES, expected);
    if (!isExpressionProblem(compiled)) return;
    context.addIssue({
      code: 'custom',
      message: `the expression is wrong at column ${compiled.column}: ${compiled.problem}`,
      params: { column: compiled.column },
    });
  });
}

/** Making an environment takes longer than compiling ten expressions. */
function environmentOf(variables: readonly string[]): Environment {
  const key = variables.join();
  const known = environments.get(key);
  if (known !== undefined) return known;
  const environment = new Environment({ limits: LIMITS, homogeneousAggregateLiterals: false });
  for (const name of variables) environment.registerVariable(name, name === 'row' ? 'map' : 'dyn');
  registerArithmetic(environment);
  environments.set(key, environment);
  return environment;
}

/** The package takes an undefined variable for an unknown one. */
function fillScope(scope: Scope, variables: readonly string[]): Scope {
  if (variables.every((name) => scope[name] !== undefined)) return scope;
  return Object.fromEntries(variables.map((name) => [name, scope[name] ?? null]));
}

/** Walks the tree for names and calls that are not allowed, and notes the fields that it reads. */
function findFault(node: ASTNode, variables: readonly string[], reads: Set<string>): ExpressionProblem | null {
  const field = fieldOfRow(node);
  if (field !== null) {
    reads.add(field);
    return null;
  }
  if (node.op === 'id') {
    if (node.args === 'row') reads.add('*');
    return variables.includes(node.args)
      ? null
      : fault(node, `there is no variable "${node.args}"; there are ${variables.join(', ')}`);
  }
  if (node.op === 'call' || node.op === 'rcall') {
    const name = node.args[0];
    const allowed = node.op === 'call' ? FUNCTIONS : METHODS;
    if (!allowed.includes(name)) {
      const why = WHY_NOT.get(name) ?? `there are ${allowed.map((each) => `${each}()`).join(', ')}`;
      return fault(node, `${name}() cannot be used: ${why}`, columnOfCall(node));
    }
  }
  for (const child of childrenOf(node.args)) {
    const found = findFault(child, variables, reads);
    if (found !== null) return found;
  }
  return null;
}

/** The field of `row.field` and `row["field"]`; null for anything else. */
function fieldOfRow(node: ASTNode): string | null {
  if (node.op !== '.' && node.op !== '[]') return null;
  const [object, key] = node.args;
  if (object.op !== 'id' || object.args !== 'row') return null;
  if (typeof key === 'string') return key;
  return key.op === 'value' && typeof key.args === 'string' ? key.args : null;
}

function childrenOf(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf);
  return isNode(args) ? [args] : [];
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

/** Where the name of a function or method stands; a method comes after its receiver. */
function columnOfCall({ op, args, input, pos }: Extract<ASTNode, { op: 'call' | 'rcall' }>): number {
  return op === 'call' ? pos + 1 : input.indexOf(args[0], args[1].end) + 1;
}

function fault(node: ASTNode, problem: string, column = node.pos + 1): ExpressionProblem {
  return { problem, column };
}

function problemOf(error: unknown): ExpressionProblem {
  if (error instanceof ParseError || error instanceof TypeFault) {
    return { problem: error.summary, column: (error.range?.start ?? 0) + 1 };
  }
  return { problem: describeError(error), column: 1 };
}
