import { z } from 'zod';
import { findScheduleFault } from '../../domain/schedule.js';
import { SOURCE_KINDS } from '../../domain/source.js';
import { isBaseUrl } from '../address.js';
import { authenticationSchema } from './authenticationSchema.js';
import { PRESETS } from './preset.js';
import { errorRuleSchema } from './ruleSchema.js';
import { streamSchema } from './streamSchema.js';
import { scalarsSchema, secretNameSchema } from './text.js';

const text = z.string().trim().min(1).max(2000);

const bothLanguages = z.strictObject({ vi: text.describe('In Vietnamese.'), en: text.describe('In English.') });
const textOrBoth = z.union([text, bothLanguages]);

/** The manifest of a source: data that says how to read it. */
export const manifestSchema = z.strictObject({
  $schema: z.string().optional().describe('Address of the JSON Schema, for editors.'),
  preset: z.enum(PRESETS).optional().describe('Defaults of a protocol, under everything that is written here.'),
  key: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,39}$/, 'small letters, digits and _, beginning with a letter')
    .describe('Stable key of the source: the source_system of the frameworks.'),
  version: z.int().min(1).describe('Rises with every change.'),
  name: bothLanguages.describe('Name of the source.'),
  owner: textOrBoth.describe('The body that answers for the data: { vi, en }, or one text for both languages.'),
  kind: z.enum(SOURCE_KINDS).describe('Where the observations come from.'),
  citation: textOrBoth.describe('How to cite the data: { vi, en }, or one text for both languages.'),
  licence: text.describe('Under which the data may be used.'),
  simulated: z.boolean().default(false).describe('A simulator stands in for the real system.'),
  freshnessLimitSeconds: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('The newest good run may be this old before the source is stale; null = never stale.'),
  schedule: z
    .string()
    .superRefine((schedule, context) => {
      const fault = findScheduleFault(schedule);
      if (fault !== null) context.addIssue({ code: 'custom', message: fault });
    })
    .optional()
    .describe('When it is read: five fields of cron, in the time of Vietnam; without it, when somebody asks.'),
  secrets: z
    .array(secretNameSchema)
    .max(20)
    .default([])
    .describe('Names of the secrets that it needs, as {{ secret.name }}.'),
  bounds: z
    .strictObject({
      maxPages: z.int().min(1).max(1_000_000).default(10_000).describe('Pages of a run.'),
      maxRows: z.int().min(1).max(100_000_000).default(5_000_000).describe('Rows of a run.'),
      maxBodyBytes: z.int().min(1).max(1_073_741_824).default(33_554_432).describe('Bytes of one answer.'),
      requestTimeoutMs: z.int().min(1).max(600_000).default(30_000).describe('Of one request, to its last byte.'),
      runTimeoutMs: z.int().min(1).max(86_400_000).default(1_800_000).describe('Of the whole run.'),
    })
    .prefault({})
    .describe('What the source may not exceed.'),
  http: z
    .strictObject({
      baseUrl: z
        .string()
        .refine(isBaseUrl, { error: 'http(s)://host/path without credentials, query or fragment' })
        .optional()
        .describe('Where the source is; the address in its settings comes before it.'),
      limits: z
        .strictObject({
          requestsPerSecond: z.number().min(0.01).max(1000).optional().describe('On average, over all workers.'),
          maxConcurrent: z.int().min(1).max(100).optional().describe('Requests under way at one moment.'),
        })
        .prefault({})
        .describe('What the source may ask of a host, shared with the other sources of that host.'),
      headers: scalarsSchema.default({}).describe('Headers of every request.'),
      query: scalarsSchema.default({}).describe('Parameters of every request.'),
      timeouts: z
        .strictObject({
          connectMs: z
            .int()
            .min(1)
            .max(600_000)
            .optional()
            .describe('From the name of the host to an open connection.'),
          headersMs: z.int().min(1).max(600_000).optional().describe('Until the first byte of an answer.'),
          idleMs: z.int().min(1).max(600_000).optional().describe('Between two pieces of a body.'),
        })
        .prefault({})
        .describe('Limits of the phases of a request.'),
      allowedHosts: z
        .array(z.string().regex(/^[\w.-]+(:\d+)?$/, 'host or host:port'))
        .max(20)
        .default([])
        .describe('Hosts beside that of the base URL that redirects and links may lead to, without credentials.'),
      retryAfter: z
        .strictObject({
          floorSeconds: z.number().min(0.1).max(30).default(0.1).describe('Shortest wait, whatever Retry-After says.'),
          ceilingSeconds: z.number().min(0.1).max(30).default(30).describe('Longest wait.'),
        })
        .prefault({})
        .describe('Bounds of Retry-After.'),
    })
    .prefault({})
    .describe('What all requests share.'),
  authentication: authenticationSchema.default({ type: 'none' }).describe('How the source lets us in.'),
  errors: z
    .array(errorRuleSchema)
    .max(100)
    .default([])
    .describe(
      'What responses mean; without a rule 2xx is read, 401 refreshes, 408, 429 and 5xx are retried, the rest fails.',
    ),
  streams: z.array(streamSchema).min(1).max(50).describe('Tables or endpoints, in the order of reading.'),
});

/** A checked manifest with all its defaults. */
export type Manifest = z.output<typeof manifestSchema>;
