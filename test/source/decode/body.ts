import { strToU8 } from 'fflate';
import { expect } from 'vitest';
import { PlatformError } from '../../../src/domain/errors.js';
import { createDecoder, type DecodedBody } from '../../../src/source/decode/decode.js';
import { formatSchema } from '../../../src/source/decode/format.js';

/** Decodes a body with a format as a manifest writes it. */
export async function decode(
  format: Readonly<Record<string, unknown>>,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<DecodedBody> {
  const bytes = typeof body === 'string' ? strToU8(body) : body;
  return createDecoder(formatSchema.parse(format))(bytes, headers);
}

/** The rows of a body. */
export async function rowsOf(
  format: Readonly<Record<string, unknown>>,
  body: string | Uint8Array,
): Promise<DecodedBody['rows']> {
  return (await decode(format, body)).rows;
}

/** Matches a failure by its code and a part of its message. */
export function failure(code: string, message = ''): unknown {
  return expect.objectContaining({ code, message: expect.stringContaining(message) });
}

/** What a body gives: rows, or the code of its failure. Anything but a PlatformError is thrown on. */
export async function outcomeOf(
  format: Readonly<Record<string, unknown>>,
  body: Uint8Array,
): Promise<DecodedBody['rows'] | string> {
  try {
    return await rowsOf(format, body);
  } catch (error) {
    if (error instanceof PlatformError) return error.code;
    throw error;
  }
}
