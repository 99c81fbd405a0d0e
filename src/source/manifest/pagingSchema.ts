import { z } from 'zod';
import { pathSchema } from '../decode/path.js';
import { PAGE_VARIABLES, placeholderNameSchema, predicateSchema } from './text.js';

const lastPage = z.strictObject({
  rule: z.literal('lastPage').describe('The answer says how many pages there are.'),
  path: pathSchema.describe('Where the number of pages stands; 0 when there is nothing.'),
});
const hasMore = z.strictObject({
  rule: z.literal('hasMore').describe('The answer says whether there is more.'),
  path: pathSchema.describe('Where true or false stands.'),
});
const totalReached = z.strictObject({
  rule: z.literal('totalReached').describe('As many rows were read as `total` declares.'),
});
const emptyPage = z.strictObject({
  rule: z.literal('emptyPage').describe('Pages without rows follow the last one.'),
  pages: z.int().min(1).max(100).default(1).describe('So many empty pages on end.'),
});
const shortPage = z.strictObject({
  rule: z.literal('shortPage').describe('The last page has fewer rows than `size`.'),
});
const expression = z.strictObject({
  rule: z.literal('expression').describe('A condition says so.'),
  when: predicateSchema(PAGE_VARIABLES),
});
const noNext = z.strictObject({ rule: z.literal('noNext').describe('There is no link or token to a next page.') });

const numberedStop = z
  .discriminatedUnion('rule', [lastPage, hasMore, totalReached, emptyPage, shortPage, expression])
  .describe('When the loop ends. Nothing else ends it: an empty or short page in the middle does not.');
const linkedStop = z
  .discriminatedUnion('rule', [noNext, hasMore, totalReached, expression])
  .default({ rule: 'noNext' })
  .describe('When the loop ends; a missing link or token always ends it, and fails when this says that there is more.');

const common = {
  total: pathSchema
    .optional()
    .describe('Where the answer declares the number of rows of all pages; another number read is a failure.'),
  carry: z
    .record(placeholderNameSchema, pathSchema)
    .default({})
    .describe(
      'Values of an answer that the next request repeats as {{ carry.name }}, such as the name of a result set.',
    ),
};
const size = z.int().min(1).max(1_000_000).describe('Rows of a page, as {{ pageSize }}.');

/** How a stream is read page by page. */
export const paginationSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none').describe('One answer has everything.'), total: common.total }),
  z.strictObject({
    type: z.literal('page').describe('Numbered pages, as {{ page }} in path, query, headers or body.'),
    first: z.int().min(0).default(1).describe('Number of the first page.'),
    size: size.optional(),
    stop: numberedStop,
    ...common,
  }),
  z.strictObject({
    type: z.literal('offset').describe('Rows to leave out, as {{ offset }}.'),
    first: z.int().min(0).default(0).describe('Offset of the first row.'),
    size,
    advanceBy: z
      .enum(['size', 'rows'])
      .default('size')
      .describe('The next offset: by the size of a page, or by the rows that came, where a source caps the size.'),
    stop: numberedStop,
    ...common,
  }),
  z.strictObject({
    type: z.literal('cursor').describe('A token of the answer leads to the next page, as {{ next }}.'),
    next: pathSchema.describe('Where the token stands; missing, null or empty = none.'),
    size: size.optional(),
    stop: linkedStop,
    ...common,
  }),
  z.strictObject({
    type: z.literal('linkHeader').describe('The Link header leads to the next page (RFC 8288).'),
    relation: z.string().min(1).max(40).default('next').describe('Relation of the link.'),
    size: size.optional(),
    stop: linkedStop,
    ...common,
  }),
  z.strictObject({
    type: z.literal('nextUrl').describe('An address in the answer leads to the next page.'),
    next: pathSchema.describe('Where the address stands; relative ones are relative to the request.'),
    size: size.optional(),
    stop: linkedStop,
    ...common,
  }),
]);

/** See {@link paginationSchema}. */
export type PaginationSpec = z.output<typeof paginationSchema>;
/** When a loop ends. */
export type StopSpec = Extract<PaginationSpec, { stop: unknown }>['stop'];
