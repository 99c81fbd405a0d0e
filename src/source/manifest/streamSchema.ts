import { z } from 'zod';
import { PERSONAL_KINDS, UNIQUE_POLICIES } from '../../domain/connector.js';
import { formatSchema } from '../decode/format.js';
import { pathSchema } from '../decode/path.js';
import { mappingSchema } from '../map/mapping.js';
import { paginationSchema } from './pagingSchema.js';
import { requestSchema } from './requestSchema.js';
import { errorRuleSchema } from './ruleSchema.js';
import { PAGE_VARIABLES, placeholderNameSchema, predicateSchema, RESPONSE_VARIABLES } from './text.js';

const group = z
  .int()
  .min(1)
  .max(10_000)
  .default(1)
  .describe('So many values in one request; a rule that says split halves it.');
const separator = z.string().max(10).default(',').describe('What joins the values of one request.');

/** The parts that a stream is asked for one by one, as {{ partition.name }}. */
export const partitionSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('list').describe('Values that are written here.'),
    values: z
      .array(z.union([z.string(), z.number()]))
      .min(1)
      .max(10_000)
      .describe('The values; codes with leading zeros in quotes.'),
    group,
    separator,
  }),
  z.strictObject({
    type: z
      .literal('range')
      .describe('Numbers or periods from one to another, both included; also as {{ partition.name.from }} and .to.'),
    unit: z.enum(['number', 'year', 'quarter', 'month', 'day']).default('number').describe('What is counted.'),
    from: z.union([z.int(), z.string()]).describe('The first: 1, "2021", "2021-Q1", "2021-01", "2021-01-31".'),
    to: z.union([z.int(), z.string()]).nullable().default(null).describe('The last; null = now, in UTC+7.'),
    step: z.int().min(1).default(1).describe('Distance of two values.'),
    group,
    separator,
  }),
  z.strictObject({
    type: z.literal('entities').describe('Codes of all entities of a code system.'),
    codeSystem: z.string().min(1).max(40).describe('Such as GSO-2025.'),
    group,
    separator,
  }),
  z.strictObject({
    type: z.literal('parent').describe('Values that another request lists.'),
    request: requestSchema.describe('The request that lists them.'),
    format: formatSchema.optional().describe('Format of the list; by default JSON or XML as the answer says.'),
    values: pathSchema.describe('Where the values stand in the answer.'),
    group,
    separator,
  }),
]);

/** See {@link partitionSchema}. */
export type PartitionSpec = z.output<typeof partitionSchema>;

/** An export that is ordered, waited for and fetched. */
export const jobSchema = z.strictObject({
  submit: requestSchema.describe('Orders the export.'),
  id: pathSchema
    .optional()
    .describe('Where the answer names the job, as {{ job.id }}; by default the Location header.'),
  poll: requestSchema.describe('Asks how far it is, with {{ job.id }}.'),
  done: predicateSchema(RESPONSE_VARIABLES).describe('True when the export is ready.'),
  failed: predicateSchema(RESPONSE_VARIABLES).optional().describe('True when it will never be.'),
  result: pathSchema
    .optional()
    .describe('Where the last answer has what {{ job.result }} stands for: a name or an address.'),
  intervalSeconds: z.number().min(0.1).max(600).default(5).describe('Wait between two questions.'),
  maxPolls: z.int().min(1).max(10_000).default(120).describe('After so many questions the run fails.'),
});

/** See {@link jobSchema}. */
export type JobSpec = z.output<typeof jobSchema>;

/** What the next run begins with. */
export const incrementalSchema = z
  .strictObject({
    from: z
      .enum(['document', 'row', 'runStart'])
      .describe(
        'Where the cursor is taken from: a value of the answer, the greatest value of the rows, or the time when the run began.',
      ),
    path: pathSchema.optional().describe('Where the value stands, in the answer or in a row.'),
    type: z.enum(['number', 'time', 'text']).default('number').describe('How two values are compared.'),
    initial: z
      .union([z.string(), z.number()])
      .optional()
      .describe('{{ cursor }} of the first run; without it there is none.'),
    inclusive: z
      .boolean()
      .default(true)
      .describe(
        'The source answers rows that equal the cursor too. When false, a cursor of rows goes back one step, so that rows which share it are not lost.',
      ),
    ordered: z
      .boolean()
      .default(false)
      .describe(
        'The rows come in the order of the cursor. It is checked: a row that is earlier than the one before it fails the run.',
      ),
    lookback: z.number().min(0).default(0).describe('How far {{ cursor }} goes back: a number, or seconds of a time.'),
  })
  .refine((spec) => (spec.from === 'runStart') === (spec.path === undefined), {
    error: 'A cursor of the document or the rows has a path, runStart has none.',
  })
  .refine((spec) => !spec.ordered || spec.from === 'row', { error: 'Only a cursor of rows has an order.' })
  .refine((spec) => spec.type !== 'text' || (spec.lookback === 0 && (spec.inclusive || spec.from !== 'row')), {
    error: 'A text has no step and no lookback: use type time or number, or a cursor of the document.',
  });

/** See {@link incrementalSchema}. */
export type IncrementalSpec = z.output<typeof incrementalSchema>;

const share = z.number().min(0).max(1);

/** What a run of a stream must keep to. */
export const streamRulesSchema = z.strictObject({
  unique: z
    .enum(UNIQUE_POLICIES)
    .default('identical')
    .describe(
      'Two figures of one entity, indicator and period in a run: the same again is skipped. Different ones: identical keeps the first and rejects the others, highest_revision keeps that of the highest mapping.revision, reject_both rejects all.',
    ),
  maxRejectShare: share.optional().describe('The run fails when more than this share of its records is rejected.'),
  minRowsShare: share
    .optional()
    .describe(
      'The run fails when the whole stream has fewer rows than this share of the last good run; 0 = also none at all. Without it only "nothing where there was something" fails.',
    ),
  fullSnapshot: z
    .boolean()
    .default(false)
    .describe(
      'A full run has everything: figures that are missing from it are withdrawn, unless a record was rejected.',
    ),
});

/** What may look like personal data. */
export const privacySchema = z.strictObject({
  allow: z
    .array(
      z.strictObject({
        field: z
          .string()
          .min(1)
          .max(300)
          .describe('Path in the row without the numbers of lists: office.phone; body = what stands beside the rows.'),
        kind: z.enum(PERSONAL_KINDS).describe('What its values look like.'),
        reason: z.string().trim().min(10).max(500).describe('Why they are not personal data, for those who audit it.'),
      }),
    )
    .max(50)
    .default([])
    .describe('Fields whose aggregates look like personal data. Everything else that does is refused.'),
});

/** One table or endpoint of a source. */
export const streamSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z][\w-]{0,39}$/)
    .describe('Stable name within the source.'),
  request: requestSchema.describe('The request of a page.'),
  partitions: z
    .record(placeholderNameSchema, partitionSchema)
    .default({})
    .describe('Parts that are asked for one by one; several make a product, the last changes fastest.'),
  pagination: paginationSchema.default({ type: 'none' }).describe('How it is read page by page.'),
  job: jobSchema.optional().describe('An export that is ordered and waited for before it is read.'),
  resultUrl: z
    .boolean()
    .default(false)
    .describe('The rows are fetched from the address in {{ job.result }} in place of the path.'),
  errors: z
    .array(errorRuleSchema)
    .max(100)
    .default([])
    .describe('What responses mean; before the rules of the source.'),
  verify: z
    .array(predicateSchema(PAGE_VARIABLES))
    .max(20)
    .default([])
    .describe('What must hold for every page, such as body.page == page; else the run fails.'),
  format: formatSchema.describe('How an answer is decoded to rows.'),
  mapping: mappingSchema.describe('How a row becomes observations.'),
  rules: streamRulesSchema.optional().describe('What a run must keep to; else it fails and nothing of it counts.'),
  privacy: privacySchema.optional().describe('Exceptions from the refusal of personal data.'),
  incremental: incrementalSchema.optional().describe('How to read only what changed.'),
  conditional: z
    .boolean()
    .default(false)
    .describe(
      'Sends ETag and Last-Modified of the last run back; 304 means unchanged. Only for a stream of one answer.',
    ),
});

/** See {@link streamSchema}. */
export type StreamSpec = z.output<typeof streamSchema>;
