import { createGzip, gzipSync } from 'node:zlib';
import { strToU8, zipSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import { decode, failure, outcomeOf, rowsOf } from './body.js';

const JSON_TEXT = '[{"code":"01","n":1},{"code":"79","n":2}]';
const ROWS = [
  { code: '01', n: 1 },
  { code: '79', n: 2 },
];

/** Zeros, packed without ever being in memory as a whole. */
async function gzipZeros(bytes: number): Promise<Buffer> {
  const stream = createGzip({ level: 9 });
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const piece = Buffer.alloc(1 << 20);
  for (let written = 0; written < bytes; written += piece.length) {
    if (!stream.write(piece)) await new Promise((resolve) => stream.once('drain', resolve));
  }
  await new Promise((resolve) => stream.end(resolve));
  return Buffer.concat(chunks);
}

describe('gzip', () => {
  it.each(['auto', 'gzip'])('reads one member and several (%s)', async (compression) => {
    const format = { type: 'json', compression };
    expect(await rowsOf(format, gzipSync(JSON_TEXT))).toEqual(ROWS);
    const [left, right] = [JSON_TEXT.slice(0, 11), JSON_TEXT.slice(11)];
    expect(await rowsOf(format, Buffer.concat([gzipSync(left), gzipSync(right)]))).toEqual(ROWS);
    expect(await rowsOf(format, Buffer.concat([gzipSync(JSON_TEXT), Buffer.alloc(100)]))).toEqual(ROWS);
  });

  it('refuses a body that is cut off anywhere, but between members', async () => {
    const lines = JSON_TEXT.slice(1, -1).split(/(?<=\}),/);
    const first = gzipSync(`${lines[0]}\n`);
    const body = Buffer.concat([first, gzipSync(`${lines[1]}\n`)]);
    for (let end = 1; end < body.length; end += 1) {
      const outcome = await outcomeOf({ type: 'ndjson', compression: 'gzip' }, body.subarray(0, end));
      expect(outcome).toEqual(end === first.length ? ROWS.slice(0, 1) : 'SYNC_PROTOCOL');
    }
  });

  it.each([
    ['not gzip', strToU8(JSON_TEXT)],
    ['with text after it', Buffer.concat([gzipSync(JSON_TEXT), Buffer.from('<html>')])],
    ['damaged', gzipSync(JSON_TEXT).fill(7, 20, 24)],
  ])('refuses a body %s', async (_name, body) => {
    await expect(decode({ type: 'json', compression: 'gzip' }, body)).rejects.toEqual(failure('SYNC_PROTOCOL', 'gzip'));
  });

  it('says so when it is not asked to unpack', async () => {
    const read = decode({ type: 'json', compression: 'none' }, gzipSync(JSON_TEXT));
    await expect(read).rejects.toEqual(failure('SYNC_PROTOCOL', 'gzip data'));
  });
});

describe('a bomb', () => {
  let bomb: Buffer;
  beforeAll(async () => {
    bomb = await gzipZeros(1 << 30);
  });

  it('of 1 GB of zeros is stopped at the bound, in its memory', async () => {
    expect(bomb.length).toBeLessThan(2_000_000);
    const before = process.memoryUsage().rss;
    await expect(decode({ type: 'json', maxDecodedBytes: 20_000_000 }, bomb)).rejects.toEqual(failure('SYNC_BOUND'));
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
  });

  it('in a ZIP archive is stopped by what it says, and by what it is', async () => {
    const honest = zipSync({ 'a.json': new Uint8Array(3_000_000) });
    const format = { type: 'json', maxDecodedBytes: 1_000_000 };
    await expect(decode(format, honest)).rejects.toEqual(failure('SYNC_BOUND'));
    const liar = Buffer.from(honest);
    const directory = liar.readUInt32LE(liar.length - 6);
    liar.writeUInt32LE(1000, directory + 24);
    await expect(decode(format, liar)).rejects.toEqual(failure('SYNC_BOUND'));
    await expect(decode({ type: 'json' }, liar)).rejects.toEqual(failure('SYNC_PROTOCOL', 'checksum'));
  });

  it('that is not compressed is refused too', async () => {
    await expect(decode({ type: 'json', maxDecodedBytes: 10 }, JSON_TEXT)).rejects.toEqual(failure('SYNC_BOUND'));
  });
});

describe('zip', () => {
  const archive = zipSync({
    'data/': new Uint8Array(),
    'data/2024.json': strToU8(JSON_TEXT),
    'data/đọc.txt': strToU8('Số liệu năm 2024'),
    'stored.json': [strToU8(JSON_TEXT), { level: 0 }],
  });

  it.each(['data/*.json', 'stored.*'])('reads the entry that fits %s', async (zipEntry) => {
    expect(await rowsOf({ type: 'json', zipEntry }, archive)).toEqual(ROWS);
    expect(await rowsOf({ type: 'json', compression: 'zip', zipEntry }, archive)).toEqual(ROWS);
  });

  it('reads the only file of an archive without being told its name', async () => {
    expect(await rowsOf({ type: 'json' }, zipSync({ 'x.json': strToU8(JSON_TEXT) }))).toEqual(ROWS);
  });

  it.each([[undefined], ['*.json'], ['*.csv']])('never guesses which entry is meant by %s', async (zipEntry) => {
    const read = decode({ type: 'json', zipEntry }, archive);
    await expect(read).rejects.toEqual(failure('SYNC_PROTOCOL', '"data/2024.json", "data/đọc.txt"'));
  });

  it('refuses an archive that is cut off anywhere', async () => {
    const small = zipSync({ 'x.json': strToU8(JSON_TEXT) });
    for (let end = 0; end < small.length; end += 1) {
      expect(await outcomeOf({ type: 'json', compression: 'zip' }, small.subarray(0, end))).toBe('SYNC_PROTOCOL');
    }
  });

  it('gives the rows or fails when any byte is another', async () => {
    const small = zipSync({ 'x.json': strToU8(JSON_TEXT) });
    for (let at = 0; at < small.length; at += 1) {
      const damaged = Buffer.from(small);
      damaged[at] = (damaged[at] ?? 0) ^ 0x55;
      const outcome = await outcomeOf({ type: 'json', compression: 'zip' }, damaged);
      if (typeof outcome !== 'string') expect(outcome).toEqual(ROWS);
    }
  });

  it('refuses encrypted entries', async () => {
    const locked = Buffer.from(zipSync({ 'x.json': strToU8(JSON_TEXT) }));
    const directory = locked.readUInt32LE(locked.length - 6);
    locked.writeUInt16LE(1, directory + 8);
    await expect(decode({ type: 'json' }, locked)).rejects.toEqual(failure('SYNC_PROTOCOL', 'encrypted'));
  });
});
