import { z } from 'zod';
import { canonicalDecimal } from '../domain/decimal.js';
import { CERTAINTIES, ENTITY_LEVELS, type EntityLevel } from '../domain/entity.js';
import type { MissingRule } from '../domain/framework.js';
import { SOURCE_KINDS, type SourceKind } from '../domain/source.js';

// What the reference files look like. Keys and columns that are not named here are notes for people and stay unread.

const TEXT = z.string().min(1, 'Expected a text');
const LEVEL = z.enum(ENTITY_LEVELS);
const CERTAINTY = z.enum(CERTAINTIES);
const MISSING = z.enum(['LOSES_POINTS', 'EXCLUDE_AND_RESCALE'] satisfies MissingRule[]);

/** One of the words of a file, as what the platform calls it. */
function word<Meaning extends string>(words: Readonly<Record<string, Meaning>>) {
  const meanings = new Map(Object.entries(words));
  return z.enum(Object.keys(words)).transform((key, context): Meaning => {
    const meaning = meanings.get(key);
    if (meaning !== undefined) return meaning;
    context.addIssue('Unknown word');
    return z.NEVER;
  });
}

const LEVEL_WORD = word<EntityLevel>({
  province: 'PROVINCE',
  ministry: 'MINISTRY',
  commune: 'COMMUNE',
  national: 'NATIONAL',
});
const SOURCE_KIND_WORD = word<SourceKind>({
  self_reported: 'SELF_REPORT',
  national_system: 'NATIONAL_DATABASE',
  survey: 'SURVEY',
  expert: 'EXPERT',
  web_measurement: 'WEB_MEASUREMENT',
});

const LABELS = { a: z.string().optional(), a_vi: TEXT.optional(), b: z.string().optional(), b_vi: TEXT.optional() };
type Labels = z.output<z.ZodObject<typeof LABELS>>;

/** The Vietnamese label is beside the English one, which stands for both where it is alone. */
function requireEnglish(label: 'a' | 'b'): [(formula: Labels) => boolean, { path: string[]; error: string }] {
  return [
    (formula) => formula[`${label}_vi`] === undefined || Boolean(formula[label]),
    { path: [label], error: 'Expected the English label beside the Vietnamese one' },
  ];
}

const FORMULA = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('yes_no') }),
  z
    .object({ kind: z.literal('ratio'), ...LABELS })
    .refine(...requireEnglish('a'))
    .refine(...requireEnglish('b')),
  z
    .object({ kind: z.literal('ratio_capped'), target: z.number(), ...LABELS })
    .refine(...requireEnglish('a'))
    .refine(...requireEnglish('b')),
  z.object({ kind: z.literal('tiered'), tiers: z.array(z.object({ at_least: z.number(), share: z.number() })) }),
  z.object({ kind: z.literal('relative_to_best') }),
  z.object({ kind: z.literal('survey_mean'), scale: z.number() }),
]);

const COMPONENT = z.object({
  code: TEXT,
  name_vi: TEXT,
  name_en: TEXT,
  max_points: z.number(),
  direction: z.literal([1, -1]),
  formula: FORMULA,
  source_kind: SOURCE_KIND_WORD,
  source_system: TEXT.nullable(),
  unit: TEXT,
  certainty: CERTAINTY,
  name_certainty: CERTAINTY,
});

const NODE = {
  code: TEXT,
  name_vi: TEXT,
  name_en: TEXT,
  max_points: z.number(),
  component_count: z.int(),
  certainty: CERTAINTY,
};

/** `frameworks/*.json`. Its `pillars` are main indexes, in spite of the name; the pillars proper are its `aggregates`. */
export const FRAMEWORK_FILE = z.object({
  framework: TEXT,
  version: TEXT,
  level: LEVEL_WORD,
  legal_basis: z.object({ number: TEXT, issued: TEXT, issuer: TEXT }),
  max_points: z.number(),
  certainty_note: z.string(),
  missing: z.object({
    default: MISSING,
    notApplicable: z.array(z.object({ peerGroup: TEXT, rule: MISSING, indicators: z.array(TEXT) })).default([]),
  }),
  pillars: z.array(z.object({ ...NODE, components: z.array(COMPONENT) })),
  aggregates: z.array(z.object({ ...NODE, members: z.array(TEXT) })),
});

/** `rounds.json`. */
export const ROUNDS_FILE = z.object({
  peerGroups: z.array(z.object({ code: TEXT, level: LEVEL, nameVi: TEXT, nameEn: TEXT })),
  rounds: z.array(
    z.object({
      level: LEVEL,
      year: z.union([z.literal('CURRENT'), z.int().min(2000).max(2099)], 'Expected a year from 2000 or "CURRENT"'),
      framework: TEXT,
      frameworkCertainty: CERTAINTY,
      groups: z.array(
        z.object({
          peerGroup: TEXT,
          codeSystem: TEXT,
          members: z.union([z.literal('ALL'), z.array(TEXT)], 'Expected a list of codes or "ALL"'),
        }),
      ),
    }),
  ),
});

/** `policies.json`. */
export const POLICIES_FILE = z.object({
  policies: z.array(
    z.object({
      code: TEXT,
      version: z.int32().min(1),
      precedence: z.array(z.enum(SOURCE_KINDS)),
      discrepancyTolerance: z.number(),
    }),
  ),
});

/** A cell that may be empty: null then. */
function orEmpty<Value>(cell: z.ZodType<Value, string>) {
  return z
    .string()
    .transform((text) => (text === '' ? null : text))
    .pipe(z.nullable(cell));
}

const DAY = z.iso.date('Expected a day such as 2025-07-01');
const DECIMAL = z.string().refine((text) => canonicalDecimal(text) !== null, 'Expected a decimal number');

const PROVINCE = {
  code: TEXT,
  name_vi: TEXT,
  name_en: TEXT,
  type: TEXT,
  region_code: TEXT,
  region_vi: TEXT,
  region_en: TEXT,
  population_certainty: orEmpty(CERTAINTY),
  notes: orEmpty(TEXT),
};

/** A line of `entities/provinces-63.csv`. */
export const PROVINCE_63_ROW = z.object({
  ...PROVINCE,
  valid_to: orEmpty(DAY),
  population_2019_thousand: orEmpty(DECIMAL),
});

/** A line of `entities/provinces-34.csv`. */
export const PROVINCE_34_ROW = z.object({
  ...PROVINCE,
  type_changed_to: orEmpty(TEXT),
  /** Codes of GSO-2004 with semicolons between them. */
  predecessors: TEXT,
  merged: z.enum(['true', 'false']),
  valid_from: DAY,
  population_2025_thousand: orEmpty(DECIMAL),
});

/** A line of `entities/ministries.csv`. */
export const MINISTRY_ROW = z
  .object({
    code: TEXT,
    name_vi: TEXT,
    name_en: TEXT,
    kind: TEXT,
    valid_from: orEmpty(DAY),
    valid_to: orEmpty(DAY),
    successor: orEmpty(TEXT),
    merged_on: orEmpty(DAY),
    notes: orEmpty(TEXT),
  })
  .refine((row) => row.successor === null || row.merged_on !== null, {
    path: ['merged_on'],
    error: 'Expected the day of the merger beside a successor',
  });

/** A line of `references/published-results.csv`. */
export const RESULT_ROW = z.object({
  index_level: LEVEL_WORD,
  year: z
    .string()
    .regex(/^20\d\d$/, 'Expected a year from 2000')
    .transform(Number),
  entity: TEXT,
  measure: TEXT,
  score: orEmpty(DECIMAL),
  rank: orEmpty(z.string().regex(/^[1-9]\d{0,5}$/, 'Expected a rank from 1')),
  source: TEXT,
  entity_code: orEmpty(TEXT),
  geo_system: z.enum(['', '63', '34']),
  peer_group: z.enum(['', 'WITH_PUBLIC_SERVICES', 'WITHOUT_PUBLIC_SERVICES']),
  certainty: CERTAINTY,
  source_url: orEmpty(TEXT),
  note: orEmpty(TEXT),
});
