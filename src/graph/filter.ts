import 'reflect-metadata';
import { Buffer } from 'node:buffer';
import { GraphQLBoolean, GraphQLFloat, GraphQLInt, GraphQLString } from 'graphql';
import { GraphQLLocalDate } from 'graphql-scalars';
import { type ClassType, Field, InputType } from 'type-graphql';
import { PlatformError } from '../domain/errors.js';
import { foldText } from '../domain/text.js';
import { type Condition, type Filter } from '../store/condition.js';
import { DateTimeScalar } from './dateTime.js';
import { DecimalScalar } from './decimal.js';

type TypeThunk = () => object;

const MEANINGS = {
  eq: 'Equals this. `null` = has no value. Where a field has several readings, one must equal.',
  ne: 'Does not equal this. `null` = has a value.',
  in: 'Equals one of these, at most 1,000.',
  lt: 'Is less than this. No value never is; a `null` here is no test.',
  lte: 'Is at most this. No value never is; a `null` here is no test.',
  gt: 'Is greater than this. No value never is; a `null` here is no test.',
  gte: 'Is at least this. No value never is; a `null` here is no test.',
  contains:
    'Contains this text, whatever the case of Latin letters and the diacritics: "da nang" finds "Đà Nẵng". A `null` here is no test.',
} as const;

type Operator = keyof typeof MEANINGS;

/** Makes the input type for conditions on one kind of value. */
function conditionInput(name: string, description: string, type: TypeThunk, operators: readonly Operator[]) {
  class Input {}
  for (const operator of operators) {
    const thunk = operator === 'in' ? () => [type()] : type;
    Field(thunk, { nullable: true, description: MEANINGS[operator] })(Input.prototype, operator);
  }
  InputType(name, { description: `${description} All that is given must hold.` })(Input);
  return Input;
}

const CHOICE: readonly Operator[] = ['eq', 'ne', 'in'];
const ORDERED: readonly Operator[] = [...CHOICE, 'lt', 'lte', 'gt', 'gte'];

/** Conditions on a text, with `contains`. */
export const StringFilter = conditionInput(
  'StringFilter',
  'Conditions on a text; order is by code point.',
  () => GraphQLString,
  [...ORDERED, 'contains'],
);
/** Conditions on a whole number. */
export const IntFilter = conditionInput('IntFilter', 'Conditions on a whole number.', () => GraphQLInt, ORDERED);
/** Conditions on a float64. */
export const FloatFilter = conditionInput('FloatFilter', 'Conditions on a number.', () => GraphQLFloat, ORDERED);
/** Conditions on an exact decimal; for SQL only, since memory would compare its digits as text. */
export const DecimalFilter = conditionInput(
  'DecimalFilter',
  'Conditions on an exact decimal.',
  () => DecimalScalar,
  ORDERED,
);
/** Conditions on a time. */
export const DateTimeFilter = conditionInput('DateTimeFilter', 'Conditions on a time.', () => DateTimeScalar, ORDERED);
/** Conditions on a day, `2025-07-01`, which sorts as text. */
export const DateFilter = conditionInput('LocalDateFilter', 'Conditions on a day.', () => GraphQLLocalDate, ORDERED);
/** Conditions on yes or no; it has no order. */
export const BooleanFilter = conditionInput('BooleanFilter', 'Conditions on yes or no.', () => GraphQLBoolean, CHOICE);

/** Makes the input type for conditions on an enum. */
export function choiceFilter(enumName: string, type: TypeThunk) {
  return conditionInput(`${enumName}Filter`, `Conditions on a ${enumName}.`, type, CHOICE);
}

/** Makes the input type of a filter: conditions on fields, joined by and, or, not. */
export function filterInput<Name extends string>(
  name: string,
  description: string,
  fields: Readonly<Record<Name, readonly [condition: ClassType, description: string]>>,
): ClassType<Filter<Name>> {
  class Input {}
  const self = (): object => Input;
  for (const [field, [condition, meaning]] of Object.entries<readonly [ClassType, string]>(fields)) {
    Field(() => condition, { nullable: true, description: meaning })(Input.prototype, field);
  }
  Field(() => [self()], { nullable: true, description: 'All of these hold; an empty list holds.' })(
    Input.prototype,
    'and',
  );
  Field(() => [self()], { nullable: true, description: 'One of these holds; an empty list does not.' })(
    Input.prototype,
    'or',
  );
  Field(self, { nullable: true, description: 'This does not hold.' })(Input.prototype, 'not');
  InputType(name, { description: `${description} All that is given must hold.` })(Input);
  return Input as ClassType<Filter<Name>>;
}

const MAX_DEPTH = 8;
const MAX_CHOICES = 1000;

/** How a field of a row is read; a list = several readings, of which one must satisfy. Null = no value. */
type Reader<Row> = (row: Row) => unknown;

/** A field that makes its own test, because it knows a quicker way, or because what is asked of it is no {@link Condition}. */
export interface Leaf<Row> {
  /** @param depth how deep the condition stands in the filter, for conditions that hold filters themselves */
  compile(condition: unknown, depth: number): (row: Row) => boolean;
}

/** What each field of a filter is tested by. */
export type Readers<Name extends string, Row> = Readonly<Record<Name, Reader<Row> | Leaf<Row>>>;

/**
 * Turns a filter into a test of rows in memory; store/condition.ts does the same in SQL.
 * @throws PlatformError BAD_USER_INPUT when the filter is nested too deeply or lists too much
 */
export function compileFilter<Name extends string, Row>(
  filter: Filter<Name> | null | undefined,
  readers: Readers<Name, Row>,
  depth = 0,
): (row: Row) => boolean {
  if (filter === null || filter === undefined) return () => true;
  refuseTooDeep(depth);
  const tests: ((row: Row) => boolean)[] = [];
  for (const [field, reader] of Object.entries<Reader<Row> | Leaf<Row>>(readers)) {
    const condition = filter[field as Name];
    if (condition === undefined || condition === null) continue;
    if (typeof reader !== 'function') {
      tests.push(reader.compile(condition, depth));
      continue;
    }
    const holds = compileCondition(condition);
    tests.push((row) => holds(reader(row)));
  }
  const compile = (part: Filter<Name>) => compileFilter(part, readers, depth + 1);
  for (const part of filter.and ?? []) tests.push(compile(part));
  if (filter.or) {
    const parts = filter.or.map(compile);
    tests.push((row) => parts.some((holds) => holds(row)));
  }
  if (filter.not) {
    const inner = compile(filter.not);
    tests.push((row) => !inner(row));
  }
  const [first, ...others] = tests;
  if (first === undefined) return () => true;
  return others.length === 0 ? first : (row) => tests.every((holds) => holds(row));
}

/** Rewrites the conditions of some fields, wherever they stand in a filter. */
export function mapFilter<Name extends string, Result extends string>(
  filter: Filter<Name> | null | undefined,
  rename: (field: Name, condition: Condition) => readonly [field: Result, condition: Condition],
  depth = 0,
): Filter<Result> | null {
  if (filter === null || filter === undefined) return null;
  refuseTooDeep(depth);
  const { and, or, not, ...fields } = filter;
  const map = (part: Filter<Name>): Filter<Result> => mapFilter(part, rename, depth + 1) ?? {};
  const renamed = Object.entries<Condition | null | undefined>(fields).flatMap(([field, condition]) => {
    if (condition === undefined || condition === null) return [];
    refuseUnusable(condition);
    return [rename(field as Name, condition)];
  });
  return {
    ...Object.fromEntries(renamed),
    ...(and ? { and: and.map(map) } : {}),
    ...(or ? { or: or.map(map) } : {}),
    ...(not ? { not: map(not) } : {}),
  } as Filter<Result>;
}

/** Turns a condition on a number into a test that makes no objects, for columns of millions; NaN = no value. */
export function compileNumber(condition: Condition): (x: number) => boolean {
  refuseUnusable(condition);
  const tests: ((x: number) => boolean)[] = [];
  const { eq, ne, in: choices } = condition;
  if (eq !== undefined) tests.push(sameNumber(eq));
  if (ne !== undefined) {
    const isSame = sameNumber(ne);
    tests.push((x) => !isSame(x));
  }
  if (choices) {
    const wanted = new Set(choices.map((choice) => choice ?? Number.NaN));
    tests.push((x) => wanted.has(x));
  }
  // No value is NaN, which no comparison holds for.
  const { lt, lte, gt, gte } = condition;
  if (typeof lt === 'number') tests.push((x) => x < lt);
  if (typeof lte === 'number') tests.push((x) => x <= lte);
  if (typeof gt === 'number') tests.push((x) => x > gt);
  if (typeof gte === 'number') tests.push((x) => x >= gte);
  const [first, second, ...others] = tests;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  if (others.length === 0) return (x) => first(x) && second(x);
  return (x) => tests.every((holds) => holds(x));
}

function sameNumber(wanted: unknown): (x: number) => boolean {
  return wanted === null ? Number.isNaN : (x) => x === wanted;
}

/** Turns the condition on one field into a test of its value. */
export function compileCondition(condition: Condition): (value: unknown) => boolean {
  refuseUnusable(condition);
  const tests: ((value: unknown) => boolean)[] = [];
  const { eq, ne, in: choices, lt, lte, gt, gte, contains } = condition;
  if (eq !== undefined) tests.push((value) => same(value, eq));
  if (ne !== undefined) tests.push((value) => !same(value, ne));
  if (choices) {
    const wanted = new Set(choices.map(plain));
    tests.push((value) => readings(value).some((each) => wanted.has(each)));
  }
  for (const [bound, holds] of [
    [lt, (order: number) => order < 0],
    [lte, (order: number) => order <= 0],
    [gt, (order: number) => order > 0],
    [gte, (order: number) => order >= 0],
  ] as const) {
    if (bound === undefined || bound === null) continue;
    const limit = plain(bound);
    tests.push((value) => readings(value).some((each) => each !== null && holds(compare(each, limit))));
  }
  if (typeof contains === 'string') {
    const part = foldText(contains);
    tests.push((value) => readings(value).some((each) => typeof each === 'string' && foldText(each).includes(part)));
  }
  return (value) => tests.every((holds) => holds(value));
}

function readings(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.map(plain) : [plain(value)];
}

function same(value: unknown, wanted: unknown): boolean {
  return readings(value).includes(plain(wanted));
}

function plain(value: unknown): unknown {
  return value instanceof Date ? value.getTime() : (value ?? null);
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  // By code point, as SQL does; JavaScript's own order is by code unit, which puts U+1F600 before U+FF61.
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

function refuseTooDeep(depth: number): void {
  if (depth <= MAX_DEPTH) return;
  throw new PlatformError('BAD_USER_INPUT', `The filter is nested more than ${MAX_DEPTH} deep; write it flatter.`);
}

function refuseUnusable(condition: Condition): void {
  const { in: choices } = condition;
  // PostgreSQL has no text with it.
  if (
    [...Object.values(condition), ...(choices ?? [])].some((value) => typeof value === 'string' && value.includes('\0'))
  ) {
    throw new PlatformError('BAD_USER_INPUT', 'A condition holds the character U+0000, which no text here has.');
  }
  if (!choices || choices.length <= MAX_CHOICES) return;
  throw new PlatformError(
    'BAD_USER_INPUT',
    `A condition "in" lists ${choices.length} values, ${MAX_CHOICES} are allowed; ask in parts.`,
  );
}
