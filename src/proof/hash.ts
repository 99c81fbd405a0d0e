import { createHash, hash } from 'node:crypto';

/** SHA-256 in lower-case hexadecimal, 64 characters. Text is hashed as UTF-8. */
export function sha256Hex(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex');
}

/** SHA-256 as its 32 bytes. */
export function sha256Bytes(data: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(data).digest());
}

const STEP_BYTES = 4 * 1024 * 1024;

/** What {@link sha256Bytes} gives, in steps of 4 MB between which others get their turn: some milliseconds each. */
export function* sha256Steps(data: Uint8Array): Generator<undefined, Uint8Array> {
  const digest = createHash('sha256');
  for (let at = 0; at < data.length; at += STEP_BYTES) {
    if (at > 0) yield;
    digest.update(data.subarray(at, at + STEP_BYTES));
  }
  return Uint8Array.from(digest.digest());
}

/**
 * SHA-256 in hexadecimal over lines, each followed by a line feed: what {@link sha256Hex} gives for the joined text, without joining it.
 * @param lines text without line breaks, such as canonical text
 */
export function sha256HexOfLines(lines: Iterable<string>): string {
  const digest = createHash('sha256');
  let pending = '';
  for (const line of lines) {
    pending += `${line}\n`;
    // One update per line cost three times as much as one per 32 kB.
    if (pending.length > 32_768) {
      digest.update(pending);
      pending = '';
    }
  }
  return digest.update(pending).digest('hex');
}
