import { createHash, type Hash } from 'node:crypto';
import { damaged } from './archive.js';

/** Raised with every change of the format that older versions cannot read. */
export const FORMAT_VERSION = 1;
/** What a backup says that it is. */
export const FORMAT = 'dti-graph-backup';
/** In COPY's text format a line feed ends a row and nothing else: those of values are escaped. */
export const ROW_END = 0x0a;

/** What stands at the beginning of a backup, before anybody knows what follows. */
export interface BackupHead {
  readonly format: typeof FORMAT;
  readonly formatVersion: number;
  /** ISO time in UTC. */
  readonly createdAt: string;
  /** The newest revision in it, decimal digits. */
  readonly revision: string;
  /** Migrations that its tables have, in order. */
  readonly migrations: readonly string[];
  /** In an order in which each comes after those that it refers to. */
  readonly tables: readonly BackupTable[];
  /** Partitions, which migrations may not have made. */
  readonly partitions: readonly Partition[];
}

/** A table as it is written: rows in PostgreSQL's text format of COPY, in these columns. */
export interface BackupTable {
  readonly name: string;
  readonly columns: readonly string[];
}

/** A partition of a table. */
export interface Partition {
  readonly name: string;
  readonly table: string;
  /** As PostgreSQL says it: `FOR VALUES FROM (2024) TO (2025)`. */
  readonly bound: string;
}

/** What stands at the end of a backup, by which all before it is checked. */
export interface BackupManifest {
  /** SHA-256 of `head.json`. */
  readonly headSha256: string;
  readonly tables: readonly BackupTableSum[];
  readonly sequences: readonly BackupSequence[];
  /** The newest result of each round and each published one, by which the restored platform is judged. */
  readonly results: readonly BackupResult[];
}

/** What was written of a table. */
export interface BackupTableSum {
  readonly name: string;
  readonly rows: number;
  /** Before compression. */
  readonly bytes: number;
  readonly parts: number;
  /** Over the rows as they were copied, parts joined, before compression. */
  readonly sha256: string;
}

/** Where a sequence stands. */
export interface BackupSequence {
  readonly name: string;
  /** Decimal digits. */
  readonly value: string;
  readonly isCalled: boolean;
}

/** A result and the hashes that it must have again. */
export interface BackupResult {
  readonly round: string;
  readonly snapshotId: number;
  readonly status: string;
  readonly inputHash: string;
  readonly resultHash: string;
}

/** Sums a table up while its parts go by. */
export class TableSum {
  readonly #hash: Hash = createHash('sha256');
  readonly #name: string;
  #rows = 0;
  #bytes = 0;
  #parts = 0;

  constructor(name: string) {
    this.#name = name;
  }

  get parts(): number {
    return this.#parts;
  }

  /**
   * @param part whole rows
   * @returns how many
   */
  add(part: Uint8Array): number {
    const rows = countRows(part);
    this.#hash.update(part);
    this.#rows += rows;
    this.#bytes += part.length;
    this.#parts += 1;
    return rows;
  }

  /** Can be asked for once. */
  sum(): BackupTableSum {
    const [rows, bytes, parts] = [this.#rows, this.#bytes, this.#parts];
    return { name: this.#name, rows, bytes, parts, sha256: this.#hash.digest('hex') };
  }
}

function countRows(part: Uint8Array): number {
  let rows = 0;
  for (let at = part.indexOf(ROW_END); at >= 0; at = part.indexOf(ROW_END, at + 1)) rows += 1;
  return rows;
}

/** The name of a part of a table in the archive. @param part from 1 */
export function partName(table: string, part: number): string {
  return `${table}/${String(part).padStart(6, '0')}.copy.zst`;
}

/** SHA-256 of an entry, in hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Plain data as an entry, for people too. */
export function toJson(data: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(data, null, 1)}\n`);
}

/** Reads an entry of JSON. Whether it is what it should be is for the hashes to tell. @throws PlatformError BACKUP_DAMAGED */
export function fromJson<Data>(name: string, bytes: Uint8Array): Data {
  try {
    return JSON.parse(Buffer.from(bytes).toString()) as Data;
  } catch {
    throw damaged(`its ${name} cannot be read`);
  }
}
