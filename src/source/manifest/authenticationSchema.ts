import { z } from 'zod';
import { pathSchema } from '../decode/path.js';
import { requestSchema } from './requestSchema.js';
import { scalarsSchema, secretNameSchema, templateSchema } from './text.js';

const headerName = z.string().min(1).max(100);

/** How a source is let in. */
export const authenticationSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none').describe('Open to everybody.') }),
  z.strictObject({
    type: z.literal('apiKey').describe('A key in every request.'),
    in: z.enum(['header', 'query']).default('header').describe('Where the key stands.'),
    name: headerName.describe('Name of the header or parameter.'),
    key: secretNameSchema,
    prefix: z.string().max(40).default('').describe('Text before the key, such as "Token ".'),
  }),
  z.strictObject({
    type: z.literal('basic').describe('HTTP Basic (RFC 7617).'),
    username: secretNameSchema,
    password: secretNameSchema,
  }),
  z.strictObject({ type: z.literal('bearer').describe('A token that does not change.'), token: secretNameSchema }),
  z.strictObject({
    type: z.literal('oauth2ClientCredentials').describe('OAuth 2.0 client credentials (RFC 6749, 4.4).'),
    tokenPath: z.string().startsWith('/').optional().describe('Token endpoint below the base URL.'),
    tokenUrl: z.url().optional().describe('Token endpoint on another host, one of http.allowedHosts.'),
    clientId: secretNameSchema,
    clientSecret: secretNameSchema,
    credentialsIn: z.enum(['header', 'body']).default('header').describe('Where the client names itself.'),
    parameters: z.record(z.string(), z.string()).default({}).describe('More parameters, such as scope or audience.'),
  }),
  z.strictObject({
    type: z.literal('sessionToken').describe('A login request whose answer carries a token.'),
    login: requestSchema.describe('The login request.'),
    tokenPath: pathSchema.optional().describe('Where the token stands in the answer, JSON or XML.'),
    tokenHeader: headerName.optional().describe('Header of the answer that carries the token.'),
    lifetimeSeconds: z
      .int()
      .min(1)
      .optional()
      .describe('A new token is asked for after so long; else only when it is refused.'),
    in: z.enum(['header', 'query']).default('header').describe('Where the token stands in requests.'),
    name: headerName.default('authorization').describe('Name of the header or parameter.'),
    prefix: z
      .string()
      .max(40)
      .optional()
      .describe('Text before the token; "Bearer " in the header authorization, else none.'),
  }),
  z.strictObject({
    type: z
      .literal('hmac')
      .describe('Requests signed with a shared key; {{ signature }} stands in headers, query or body.'),
    key: secretNameSchema,
    algorithm: z.enum(['sha256', 'sha384', 'sha512', 'sha1']).default('sha256').describe('Hash function.'),
    encoding: z.enum(['hex', 'base64', 'base64url']).default('hex').describe('How the signature is written.'),
    lines: z
      .array(templateSchema)
      .min(1)
      .max(50)
      .describe(
        'The canonical string. Beside the placeholders of the request: method, path, query (sorted), requestBody (as sent, without the signature), requestBody.member (canonical JSON), requestBody-sha256.',
      ),
    separator: z.string().max(10).default('\n').describe('What joins the lines.'),
    headers: scalarsSchema.default({}).describe('Headers that carry the signature.'),
    query: scalarsSchema.default({}).describe('Parameters that carry the signature.'),
  }),
  z.strictObject({
    type: z
      .literal('wsSecurityUsernameToken')
      .describe('WS-Security UsernameToken with a password digest, in {{ securityHeader }} or body.soap.'),
    username: secretNameSchema,
    password: secretNameSchema,
  }),
]);

/** See {@link authenticationSchema}. */
export type AuthenticationSpec = z.output<typeof authenticationSchema>;
