import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { PlatformError } from '../../domain/errors.js';

/** A named piece of a backup. */
export interface Entry {
  /** `head.json`, `observation/000001.copy.zst`; at most 100 characters. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

const BLOCK = 512;
/** An entry is held in memory as a whole; what is larger than PostgreSQL's largest row is no entry of ours. */
const MOST_BYTES = 1_200_000_000;
const FIELD = { name: 100, mode: 8, owner: 8, group: 8, size: 12, time: 12, sum: 8 } as const;
const SUM_AT = 148;
const USTAR = 'ustar\0';

/**
 * Writes entries as a tar archive (POSIX ustar), which any `tar` can list and unpack. The same entries give the same bytes: owner and time are 0.
 * @see POSIX.1-2017, pax, "ustar Interchange Format"
 */
export class ArchiveWriter {
  readonly #file: FileHandle;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async add({ name, bytes }: Entry): Promise<void> {
    await this.#write(headerOf(name, bytes.length));
    await this.#write(bytes);
    await this.#write(new Uint8Array(paddingOf(bytes.length)));
  }

  /** Two empty blocks, without which an archive is cut short. */
  async finish(): Promise<void> {
    await this.#write(new Uint8Array(2 * BLOCK));
  }

  /** One call may write less than all. */
  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) at += (await this.#file.write(bytes, at)).bytesWritten;
  }
}

/**
 * Reads an archive of {@link ArchiveWriter} from its beginning to its end, one entry at a time.
 * @throws PlatformError BACKUP_DAMAGED when it is cut short, altered outside of its entries, goes on after its end, or is no such archive
 */
export async function* readArchive(path: string): AsyncGenerator<Entry> {
  const reader = new BlockReader(createReadStream(path, { highWaterMark: 1024 * 1024 }));
  for (;;) {
    const header = await reader.take(BLOCK);
    if (isEmpty(header)) break;
    const { name, size } = parseHeader(header);
    const bytes = await reader.take(size);
    if (!isEmpty(await reader.take(paddingOf(size)))) throw damaged(`what follows ${name} was altered`);
    yield { name, bytes };
  }
  if (!isEmpty(await reader.take(BLOCK)) || !(await reader.isAtEnd())) throw damaged('it goes on after its end');
}

/** A failure of {@link readArchive}, or of what was found in it. */
export function damaged(what: string): PlatformError {
  return new PlatformError(
    'BACKUP_DAMAGED',
    `The backup cannot be trusted: ${what}. Nothing was restored; take another copy.`,
  );
}

function headerOf(name: string, size: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0, FIELD.name, 'ascii');
  let at: number = FIELD.name;
  const octal = (value: number, length: number) => {
    header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'ascii');
    at += length;
  };
  octal(0o600, FIELD.mode);
  octal(0, FIELD.owner);
  octal(0, FIELD.group);
  octal(size, FIELD.size);
  octal(0, FIELD.time);
  header.write('0', SUM_AT + FIELD.sum, 'ascii');
  header.write(`${USTAR}00`, SUM_AT + FIELD.sum + 101, 'ascii');
  header.write(`${sumOf(header).toString(8).padStart(6, '0')}\0 `, SUM_AT, 'ascii');
  return header;
}

function parseHeader(header: Buffer): { name: string; size: number } {
  const name = header.toString('latin1', 0, FIELD.name).replace(/\0+$/, '');
  const sizeAt = FIELD.name + FIELD.mode + FIELD.owner + FIELD.group;
  const size = Number.parseInt(header.toString('latin1', sizeAt, sizeAt + FIELD.size), 8);
  const isOurs = size >= 0 && size <= MOST_BYTES && /^[\w./-]+$/.test(name);
  // Written again it must be the same to the last bit, so that nothing in it can have changed.
  if (!isOurs || !headerOf(name, size).equals(header)) throw damaged('it is not an archive as this platform writes it');
  return { name, size };
}

/** The sum of all bytes, those of the sum itself taken as spaces. */
function sumOf(header: Buffer): number {
  let sum = 0;
  for (const [at, byte] of header.entries()) sum += at >= SUM_AT && at < SUM_AT + FIELD.sum ? 0x20 : byte;
  return sum;
}

function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

function isEmpty(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/** Takes exactly as many bytes as are asked for, from chunks of any size. */
class BlockReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async take(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let missing = length;
    while (missing > 0) {
      if (this.#rest.length === 0 && (await this.isAtEnd())) throw damaged('it is cut short');
      const part = this.#rest.subarray(0, missing);
      this.#rest = this.#rest.subarray(part.length);
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts, length);
  }

  async isAtEnd(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const { value, done } = await this.#chunks.next();
      if (done === true) return true;
      this.#rest = value;
    }
    return false;
  }
}
