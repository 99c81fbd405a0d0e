import { PlatformError } from '../src/domain/errors.js';

/** Faults that happen to the next so many requests of a database, in this order of precedence when several are set. */
const COUNTED = ['hang', 'status429', 'status500', 'html200', 'unauthorised', 'busy', 'truncatedBody'] as const;
/** See {@link COUNTED}. */
export type CountedFault = (typeof COUNTED)[number];

/** What happens to one request. */
export interface RequestFault {
  readonly kind: CountedFault | null;
  readonly latencyMs: number;
  /** Of status429: the header as it is sent; null = no header. */
  readonly retryAfter: string | null;
  /** Of truncatedBody: true breaks the connection, false ends the message early but validly. */
  readonly abort: boolean;
}

/** Faults of one database that are set now, as the control interface shows them. */
export interface DatabaseFaults {
  latencyMs: number;
  /** Of the next tokens of publicServices; null = 300. */
  tokenLifetimeSeconds: number | null;
  poisonRows: number;
  retryAfter: string | null;
  abort: boolean;
  readonly times: Map<CountedFault, number>;
}

function noFaults(): DatabaseFaults {
  return { latencyMs: 0, tokenLifetimeSeconds: null, poisonRows: 0, retryAfter: null, abort: false, times: new Map() };
}

function invalid(what: string): PlatformError {
  return new PlatformError('BAD_USER_INPUT', `${what}; the fault control takes what simulators/README.md lists.`);
}

function whole(value: unknown, name: string, high: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= high) return value;
  throw invalid(`${name} must be a whole number, 0 to ${high}`);
}

function entriesOf(value: unknown, name: string): [string, unknown][] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value);
  throw invalid(`${name} must be an object`);
}

function text(value: unknown, name: string): string | null {
  if (value === null || typeof value === 'string') return value;
  throw invalid(`${name} must be a text or null`);
}

/** All faults of the databases and systems. They are lost on a restart, as faults should be. */
export class Faults {
  readonly #of = new Map<string, DatabaseFaults>();

  /** What is set for a database now. */
  of(database: string): Readonly<DatabaseFaults> {
    return this.#of.get(database) ?? noFaults();
  }

  /** Takes all faults back. */
  reset(): void {
    this.#of.clear();
  }

  /** Decides what happens to the next request, and counts it down. */
  next(database: string): RequestFault {
    const { times, latencyMs, retryAfter, abort } = this.#of.get(database) ?? noFaults();
    const kind = COUNTED.find((each) => (times.get(each) ?? 0) > 0) ?? null;
    if (kind !== null) times.set(kind, (times.get(kind) ?? 0) - 1);
    return { kind, latencyMs, retryAfter, abort };
  }

  /**
   * Sets the named faults of one database and leaves its others as they are. `expireTokens` and `lateCorrection` are deeds, not states: the
   * caller does them.
   * @param wanted as sent to the control interface
   * @throws PlatformError BAD_USER_INPUT when a name or value is not acceptable; then nothing is set
   */
  set(database: string, wanted: unknown): void {
    const known = this.of(database);
    const faults = { ...known, times: new Map(known.times) };
    for (const [name, value] of entriesOf(wanted, database)) {
      const counted = COUNTED.find((each) => each === name);
      if (counted !== undefined) this.#setCounted(faults, counted, value);
      else if (name === 'latencyMs') faults.latencyMs = whole(value, name, 600_000);
      else if (name === 'tokenLifetimeSeconds')
        faults.tokenLifetimeSeconds = value === null ? null : whole(value, name, 3600);
      else if (name === 'poisonRows')
        for (const [key, count] of entriesOf(value, name)) {
          if (key !== 'count') throw invalid(`poisonRows has no "${key}"`);
          faults.poisonRows = whole(count, name, 48);
        }
      else if (name !== 'lateCorrection' && name !== 'expireTokens') throw invalid(`There is no fault "${name}"`);
    }
    this.#of.set(database, faults);
  }

  #setCounted(faults: DatabaseFaults, kind: CountedFault, value: unknown): void {
    for (const [key, part] of entriesOf(value, kind)) {
      if (key === 'times') faults.times.set(kind, whole(part, `${kind}.times`, 1_000_000));
      else if (key === 'retryAfter' && kind === 'status429') faults.retryAfter = text(part, 'status429.retryAfter');
      else if (key === 'abort' && kind === 'truncatedBody') faults.abort = part === true;
      else throw invalid(`${kind} has no "${key}"`);
    }
  }
}
