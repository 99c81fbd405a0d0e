import { z } from 'zod';
import { periodEndMonth, periodYear } from '../../domain/period.js';
import { normaliseName } from './entityName.js';
import type { Scope } from './expression.js';
import { remember } from './memo.js';
import { RowProblem, showValue } from './problem.js';
import { constantOr, createTextReader, textShape } from './textSource.js';
import { oneSource, type ValueSource, valueShape } from './valueSource.js';

const rangeSchema = z.strictObject({
  codeSystem: z.string().min(1).describe('Code system in force in this range, such as GSO-2004.'),
  from: z.iso.date().optional().describe('First day, ISO date; none: since ever.'),
  until: z.iso.date().optional().describe('Last day, ISO date; none: for ever.'),
});

const codeSystemSchema = constantOr(
  z
    .strictObject({
      ...textShape,
      byPeriod: z
        .array(rangeSchema)
        .min(1)
        .optional()
        .describe(
          'The code system by the last day of the period of the row. Seven codes of provinces changed their meaning in 2025.',
        ),
    })
    .superRefine((source, context) => {
      const named = [source.field, source.expression, source.byPeriod].filter((each) => each !== undefined);
      if (named.length !== 1) context.addIssue({ code: 'custom', message: 'name one of field, expression, byPeriod' });
      const ranges = (source.byPeriod ?? []).toSorted((a, b) => (firstDay(a) < firstDay(b) ? -1 : 1));
      for (const [at, range] of ranges.entries()) {
        const next = ranges[at + 1];
        if (firstDay(range) > lastDay(range) || (next !== undefined && firstDay(next) <= lastDay(range))) {
          const message = `the range of ${range.codeSystem} is empty or overlaps the next`;
          context.addIssue({ code: 'custom', message, path: ['byPeriod'] });
        }
      }
    }),
).describe('Code system of the entities: a constant, a value of the row, or by the period of the row.');

const stripPrefixes = z
  .array(z.string().min(1))
  .default([])
  .describe(
    'Texts that the source puts before the code or name, such as VN- or UBND; the first one that fits is taken away.',
  );

const byCodeSchema = oneSource(
  z.strictObject({
    by: z.literal('code').describe('code: the row has the code of the entity.'),
    codeSystem: codeSystemSchema,
    ...textShape,
    stripPrefixes,
    pad: z
      .int()
      .min(1)
      .max(20)
      .optional()
      .describe('Length to which a code is filled with zeros from the left: with 2, 1 is 01.'),
  }),
);

const byNameSchema = oneSource(
  z.strictObject({
    by: z
      .literal('name')
      .describe(
        'name: the row has the name of the entity. Case, hyphens, tone placement and the words Tỉnh, Thành phố, TP. and Bộ may differ; a name without its tones is another name.',
      ),
    codeSystem: codeSystemSchema,
    ...valueShape,
    stripPrefixes,
    aliases: z
      .record(z.string().min(1), z.string().min(1))
      .default({})
      .describe(
        'Spellings of this source, each with the name that it means: Sài Gòn: Hồ Chí Minh. They come before the names of the platform.',
      ),
  }),
).superRefine(({ aliases }, context) => {
  const meanings = new Map<string, string>();
  for (const [spelling, name] of Object.entries(aliases)) {
    const form = normaliseName(spelling);
    const before = meanings.get(form);
    if (form === '' || (before !== undefined && before !== normaliseName(name))) {
      const message =
        form === '' ? 'an alias needs letters' : `the alias "${spelling}" is there twice with two meanings`;
      context.addIssue({ code: 'custom', message, path: ['aliases', spelling] });
    }
    meanings.set(form, normaliseName(name));
  }
});

/** How a row names the body that it is about. */
export const entitySchema = z.discriminatedUnion('by', [byCodeSchema, byNameSchema], {
  error: ({ input }) =>
    `expected by: code or by: name; the keys here are ${Object.keys(Object(input)).join(', ') || 'none'}`,
});
/** See {@link entitySchema}. */
export type EntitySpec = z.output<typeof entitySchema>;

/** Code system and code of an entity. */
export interface EntityKey {
  readonly codeSystem: string;
  readonly entityCode: string;
}

/** Reads the entity of a row. */
export interface EntityReader {
  /** @throws RowProblem required, entity, expression */
  read(scope: Scope, period: string): EntityKey;
  readonly reads: ReadonlySet<string>;
}

/** Finds an entity by a name in its normal form; null when there is none. */
export type EntityByName = (codeSystem: string, normalisedName: string) => string | null;

/** Makes the reader of the entity of a row. A name that nobody knows is rejected, never guessed. */
export function createEntityReader(
  spec: EntitySpec,
  entityByName: EntityByName,
  isMissing: (raw: unknown) => boolean,
): EntityReader {
  const source: ValueSource = spec;
  const table = spec.by === 'code' ? spec.table : undefined;
  const text = createTextReader({ ...source, table }, 'entity', 'entity', isMissing);
  const system = createCodeSystemReader(spec.codeSystem, isMissing);
  const find = spec.by === 'code' ? createCodeFinder(spec) : createNameFinder(spec, entityByName);
  return {
    read: (scope, period) => {
      const codeSystem = system.read(scope, period);
      const written = text.read(scope);
      const entityCode = find(codeSystem, written);
      if (entityCode !== null) return { codeSystem, entityCode };
      throw new RowProblem('entity', `there is no entity named ${showValue(written)} in the code system ${codeSystem}`);
    },
    reads: new Set([...text.reads, ...system.reads]),
  };
}

type EntityFinder = (codeSystem: string, written: string) => string | null;

function createCodeFinder({ stripPrefixes: prefixes, pad = 0 }: Extract<EntitySpec, { by: 'code' }>): EntityFinder {
  return (_codeSystem, written) => {
    const prefix = prefixes.find((each) => written.startsWith(each)) ?? '';
    const code = written.slice(prefix.length).trim();
    return code === '' ? null : code.padStart(pad, '0');
  };
}

function createNameFinder(spec: Extract<EntitySpec, { by: 'name' }>, entityByName: EntityByName): EntityFinder {
  const aliases = new Map(
    Object.entries(spec.aliases)
      .map((pair) => pair.map(normaliseName))
      .map(([a = '', b = '']) => [a, b]),
  );
  const prefixes = spec.stripPrefixes.map(normaliseName);
  const formOf = remember((written: string): string => {
    const form = normaliseName(written);
    const prefix = prefixes.find((each) => form.startsWith(`${each} `));
    const name = prefix === undefined ? form : normaliseName(form.slice(prefix.length));
    return aliases.get(form) ?? aliases.get(name) ?? name;
  });
  return (codeSystem, written) => entityByName(codeSystem, formOf(written));
}

function createCodeSystemReader(spec: EntitySpec['codeSystem'], isMissing: (raw: unknown) => boolean) {
  if (typeof spec === 'string' || spec.byPeriod === undefined) {
    const { read, reads } = createTextReader(spec, 'code system', 'entity', isMissing);
    return { read: (scope: Scope, _period: string): string => read(scope), reads };
  }
  const ranges = spec.byPeriod;
  const systemOf = remember((period) => {
    const day = lastDayOfPeriod(period);
    return ranges.find((range) => firstDay(range) <= day && day <= lastDay(range))?.codeSystem ?? null;
  });
  const read = (_scope: Scope, period: string): string => {
    const codeSystem = systemOf(period);
    if (codeSystem !== null) return codeSystem;
    throw new RowProblem('entity', `no code system is stated for the period ${period}`);
  };
  return { read, reads: new Set<string>() };
}

function lastDayOfPeriod(period: string): string {
  return new Date(Date.UTC(periodYear(period), periodEndMonth(period), 0)).toISOString().slice(0, 10);
}

function firstDay({ from }: z.output<typeof rangeSchema>): string {
  return from ?? '0000-01-01';
}

function lastDay({ until }: z.output<typeof rangeSchema>): string {
  return until ?? '9999-12-31';
}
