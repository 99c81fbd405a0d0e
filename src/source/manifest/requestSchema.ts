import { z } from 'zod';
import { scalarsSchema, templateSchema } from './text.js';

/** How a request carries data; one of the members. */
export const bodySchema = z
  .strictObject({
    json: z
      .json()
      .optional()
      .describe(
        'JSON data whose texts may have placeholders. A text that is one placeholder keeps the type of its value; a member without a value is left out.',
      ),
    form: scalarsSchema.optional().describe('Fields of a form (application/x-www-form-urlencoded).'),
    text: templateSchema.optional().describe('Text as it is sent; values are not escaped.'),
    xml: templateSchema.optional().describe('XML; values are escaped.'),
    soap: z
      .strictObject({
        version: z.enum(['1.1', '1.2']).default('1.1').describe('Version of SOAP.'),
        action: templateSchema.optional().describe('The SOAPAction, without quotes.'),
        header: templateSchema
          .optional()
          .describe('XML inside soap:Header; {{ securityHeader }} stands there already.'),
        body: templateSchema.describe('XML inside soap:Body, with its own namespaces; values are escaped.'),
      })
      .optional()
      .describe('A SOAP envelope, written around this body.'),
  })
  .refine((body) => Object.values(body).filter((part) => part !== undefined).length === 1, {
    error: 'A body has exactly one of json, form, text, xml and soap.',
  });

/** One kind of request of a source. */
export const requestSchema = z.strictObject({
  method: z.enum(['GET', 'POST']).default('GET').describe('HTTP method.'),
  path: templateSchema
    .refine((path) => path.startsWith('/'), { error: 'A path starts with a slash; it is added to the base URL.' })
    .describe('Path below the base URL; values are URL-encoded.'),
  query: scalarsSchema.default({}).describe('Parameters of the query.'),
  headers: scalarsSchema.default({}).describe('Headers of this request.'),
  body: bodySchema.optional().describe('What the request carries.'),
});

/** See {@link requestSchema}. */
export type RequestSpec = z.output<typeof requestSchema>;
/** See {@link bodySchema}. */
export type BodySpec = z.output<typeof bodySchema>;
