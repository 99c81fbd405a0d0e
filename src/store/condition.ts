import { type RawBuilder, sql } from 'kysely';
import { foldText, MARKS } from '../domain/text.js';

/**
 * What is asked of one field; all that is given must hold. No value is a value of its own for `eq`, `ne` and `in`, and satisfies no other test. Except for
 * `eq` and `ne`, a test against null is no test.
 */
export interface Condition {
  readonly eq?: unknown;
  readonly ne?: unknown;
  readonly in?: readonly unknown[] | null;
  readonly lt?: unknown;
  readonly lte?: unknown;
  readonly gt?: unknown;
  readonly gte?: unknown;
  readonly contains?: string | null;
}

/** The one grammar of filters: conditions on fields, joined by and, or, not. Everything that is given must hold. */
export type Filter<Field extends string> = { readonly [field in Field]?: Condition | null } & {
  readonly and?: readonly Filter<Field>[] | null;
  readonly or?: readonly Filter<Field>[] | null;
  readonly not?: Filter<Field> | null;
};

/** Turns the condition on one field into SQL that is never null. */
export type ConditionSql = (condition: Condition) => RawBuilder<boolean>;

/** {@link foldText} in SQL. */
function foldSql(text: RawBuilder<unknown>): RawBuilder<string> {
  return sql`lower(translate(regexp_replace(normalize(${text}, NFD), ${MARKS}, '', 'g'), 'đĐ', 'dd') collate "C")`;
}

/** Turns a filter into SQL. A field without an entry in `fields` cannot be written. */
export function filterSql<Field extends string>(
  filter: Filter<Field> | null,
  fields: Readonly<Record<Field, ConditionSql>>,
): RawBuilder<boolean> {
  if (filter === null) return sql<boolean>`true`;
  const parts: RawBuilder<boolean>[] = [];
  for (const [field, toSql] of Object.entries<ConditionSql>(fields)) {
    const condition = filter[field as Field];
    if (condition !== undefined && condition !== null) parts.push(toSql(condition));
  }
  for (const part of filter.and ?? []) parts.push(filterSql(part, fields));
  if (filter.or) parts.push(either(filter.or.map((part) => filterSql(part, fields))));
  if (filter.not) parts.push(sql<boolean>`not ${filterSql(filter.not, fields)}`);
  return all(parts);
}

/**
 * Conditions on a column.
 * @param type the column's PostgreSQL type; texts are compared by code point whatever the database's collation
 */
export function columnCondition(
  column: RawBuilder<unknown>,
  type: 'text' | 'numeric' | 'timestamptz' | 'int',
): ConditionSql {
  const cast = sql.raw(type === 'text' ? '::text collate "C"' : `::${type}`);
  const side = sql`(${column})${cast}`;
  const given = (value: unknown) => sql`${plain(value)}${cast}`;
  return (condition) => {
    const parts: RawBuilder<boolean>[] = [];
    if (condition.eq !== undefined) parts.push(sql<boolean>`${side} is not distinct from ${given(condition.eq)}`);
    if (condition.ne !== undefined) parts.push(sql<boolean>`${side} is distinct from ${given(condition.ne)}`);
    if (condition.in) {
      // One parameter however many values: PostgreSQL takes 65,535.
      const values = condition.in.filter((value) => value !== null && value !== undefined).map(plain);
      const isNone = values.length < condition.in.length ? sql<boolean>`${side} is null` : sql<boolean>`false`;
      parts.push(sql<boolean>`(coalesce(${side} = any(${values}::${sql.raw(type)}[]), false) or ${isNone})`);
    }
    for (const [operator, value] of [
      ['<', condition.lt],
      ['<=', condition.lte],
      ['>', condition.gt],
      ['>=', condition.gte],
    ] as const) {
      if (value === undefined || value === null) continue;
      parts.push(sql<boolean>`coalesce(${side} ${sql.raw(operator)} ${given(value)}, false)`);
    }
    if (typeof condition.contains === 'string') {
      parts.push(sql<boolean>`coalesce(strpos(${foldSql(side)}, ${foldText(condition.contains)}) > 0, false)`);
    }
    return all(parts);
  };
}

/** Conditions on an id that was resolved outside the database; only `in` is meant. */
export function idCondition(column: RawBuilder<unknown>): ConditionSql {
  return (condition) => sql<boolean>`${column} = any(${condition.in ?? []}::int[])`;
}

/** What the driver sends: times as text, since PostgreSQL names the year before the first one 1 BC. */
function plain(value: unknown): unknown {
  if (!(value instanceof Date)) return value;
  const text = value.toISOString();
  return text.startsWith('0000-') ? `${text.replace('0000-', '0001-')} BC` : text;
}

function all(parts: readonly RawBuilder<boolean>[]): RawBuilder<boolean> {
  return parts.length === 0 ? sql<boolean>`true` : sql<boolean>`(${sql.join(parts, sql` and `)})`;
}

function either(parts: readonly RawBuilder<boolean>[]): RawBuilder<boolean> {
  return parts.length === 0 ? sql<boolean>`false` : sql<boolean>`(${sql.join(parts, sql` or `)})`;
}
