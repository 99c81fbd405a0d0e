import { z } from 'zod';
import { pathSchema } from '../decode/path.js';
import { predicateSchema, RESPONSE_VARIABLES } from './text.js';

/** What a response means; the first rule whose conditions all hold decides. */
export const errorRuleSchema = z
  .strictObject({
    status: z
      .array(
        z.union([
          z.int().min(100).max(599),
          z.string().regex(/^[1-5]xx$/, 'a status such as 404, or a class such as 5xx'),
        ]),
      )
      .min(1)
      .optional()
      .describe(
        'One of these: 404, or 5xx for a class. Absent = any but 401, which asks for new credentials once and then fails with SYNC_AUTH.',
      ),
    header: z
      .strictObject({
        name: z.string().min(1).max(100).describe('Name of the header.'),
        contains: z.string().max(200).default('').describe('Text inside its value, case ignored; empty = any value.'),
      })
      .optional()
      .describe('The response has this header.'),
    body: predicateSchema(RESPONSE_VARIABLES).optional(),
    action: z
      .enum(['retry', 'fail', 'empty', 'refreshAuthentication', 'split', 'ok'])
      .describe(
        'retry: up to five attempts. fail: ends the run. empty: there is nothing, and that is right. refreshAuthentication: forget the credentials, ask once more. split: the partition is too big, halve it. ok: read it.',
      ),
    as: z
      .enum(['auth', 'config', 'protocol', 'transient'])
      .default('protocol')
      .describe('What a failure is: auth and config are for a person, transient passes with time.'),
    message: pathSchema.optional().describe('Where the answer says what is wrong.'),
    afterSeconds: z.number().min(0).max(30).optional().describe('Wait before a retry, when there is no Retry-After.'),
  })
  .refine((rule) => rule.status !== undefined || rule.header !== undefined || rule.body !== undefined, {
    error: 'A rule has at least one of status, header and body.',
  });

/** See {@link errorRuleSchema}. */
export type ErrorRuleSpec = z.output<typeof errorRuleSchema>;
