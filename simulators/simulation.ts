import { PlatformError } from '../src/domain/errors.js';
import { type Baseline, type BaseRow, monthPeriod, rowKey } from './baseline.js';
import { countFields, type DatabaseName } from './database.js';
import type { Counts } from './month.js';
import { poisonRows } from './poison.js';
import { restateCounts } from './restate.js';
import { type CountChange, highestSequence, SEQUENCES_PER_TICK, type SimulatorState, saveState } from './state.js';
import { lastRestatement } from './tick.js';

/** One row as a database tells it. Counts are numbers, except in poisoned rows. */
export interface StatisticsRow extends Omit<BaseRow, 'counts' | 'running'> {
  readonly sequence: number;
  readonly status: 'FINAL' | 'PROVISIONAL';
  readonly publishedAt: string;
  readonly counts: Readonly<Record<string, number | string>>;
}

/** A part of a result that is read page by page. */
export interface RowPage<Row> {
  readonly total: number;
  readonly rows: readonly Row[];
}

/** Rows in the order that all databases promise: by sequence number, then by key. */
export function inOrder<Row extends { readonly sequence: number }>(
  rows: readonly Row[],
  key: (row: Row) => string,
): Row[] {
  const keyed = rows.map((row) => ({ row, key: key(row) }));
  keyed.sort((a, b) => a.row.sequence - b.row.sequence || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return keyed.map(({ row }) => row);
}

/** Cuts a page out of the rows that changed after a sequence number. */
export function cutPage<Row extends { readonly sequence: number }>(
  rows: readonly Row[],
  cut: { readonly after: number; readonly offset: number; readonly limit: number },
): RowPage<Row> {
  const changed = rows.filter((row) => row.sequence > cut.after);
  return { total: changed.length, rows: changed.slice(cut.offset, cut.offset + cut.limit) };
}

/**
 * The three databases as one clockwork: its data is a pure function of the figures and the state. Because of that the state at any earlier sequence
 * number can be computed again, and a result set needs no memory: its identifier is the sequence number it was cut at.
 */
export class Simulation {
  readonly baseline: Baseline;
  #state: SimulatorState;
  readonly #dataDir: string;
  readonly #poison = new Map<DatabaseName, { readonly count: number; readonly sequence: number }>();
  readonly #cache = new Map<DatabaseName, { readonly sequence: number; readonly rows: readonly StatisticsRow[] }>();

  constructor(baseline: Baseline, state: SimulatorState, dataDir: string) {
    this.baseline = baseline;
    this.#state = state;
    this.#dataDir = dataDir;
  }

  get state(): SimulatorState {
    return this.#state;
  }

  /** The highest sequence number given so far; the newest result set. */
  get sequence(): number {
    return highestSequence(this.#state);
  }

  /** True when a result set of this sequence number can be computed. */
  hasResultSet(sequence: number): boolean {
    return Number.isSafeInteger(sequence) && sequence >= this.#state.epoch && sequence <= this.sequence;
  }

  /** Moves the clockwork on by one tick, or by several without stopping in between. */
  advance(ticks = 1): void {
    this.#save({ ...this.#state, tick: this.#state.tick + ticks, spent: 0 });
  }

  /**
   * Alters one count for good, with a new sequence number. The count may contradict others of its row: that is for tests.
   * @throws PlatformError NOT_FOUND when there is no such row or field, BAD_USER_INPUT
   */
  change(wanted: Omit<CountChange, 'sequence'>): CountChange {
    if (!Number.isSafeInteger(wanted.value) || wanted.value < 0)
      throw new PlatformError('BAD_USER_INPUT', `"${wanted.value}" is not a count; send a whole number, 0 or more.`);
    const key = rowKey(wanted);
    if (!this.baseline.rows[wanted.database].some((row) => rowKey(row) === key))
      throw new PlatformError('NOT_FOUND', `${wanted.database} has no row ${key}.`);
    const fields = countFields(wanted.database, wanted.codeSystem).map((field) => field.name);
    if (!fields.includes(wanted.field))
      throw new PlatformError('NOT_FOUND', `${key} has no count "${wanted.field}"; it has ${fields.join(', ')}.`);
    const change = { ...wanted, sequence: this.#nextSequence() };
    const { spent, changes } = this.#state;
    this.#save({ ...this.#state, spent: spent + 1, changes: [...changes, change] });
    return change;
  }

  /** Adds bad rows to a database until they are taken out with 0; they are not kept over a restart. */
  poison(database: DatabaseName, count: number): void {
    this.#cache.delete(database);
    if (count === 0) {
      this.#poison.delete(database);
      return;
    }
    this.#poison.set(database, { count, sequence: this.#nextSequence() });
    this.#save({ ...this.#state, spent: this.#state.spent + 1 });
  }

  /**
   * All rows of a database as they were at a sequence number, in order.
   * @param sequence one of which {@link hasResultSet} is true
   */
  rows(database: DatabaseName, sequence: number): readonly StatisticsRow[] {
    const cached = this.#cache.get(database);
    if (cached?.sequence === sequence) return cached.rows;
    const rows = this.#computeRows(database, sequence);
    this.#cache.set(database, { sequence, rows });
    return rows;
  }

  /** When a row that was never touched was released: a closed month on the 6th of the next one, the running month from its first day on. */
  publishedAt(row: Pick<BaseRow, 'period' | 'running'>, sequence: number): string {
    if (sequence > this.#state.epoch || row.running) return this.#timeOf(sequence);
    const [year = 0, month = 0] = row.period.split('-').map(Number);
    return `${monthPeriod(month === 12 ? { year: year + 1, month: 1 } : { year, month: month + 1 })}-06T08:00:00+07:00`;
  }

  #save(state: SimulatorState): void {
    saveState(this.#dataDir, state);
    this.#state = state;
  }

  #nextSequence(): number {
    if (this.#state.spent + 1 >= SEQUENCES_PER_TICK)
      throw new PlatformError('BAD_USER_INPUT', 'No more changes fit into this tick; advance the tick first.');
    return this.sequence + 1;
  }

  /** A sequence number is a millisecond after the beginning of the anchor month in Vietnam: deterministic, and never in the future. */
  #timeOf(sequence: number): string {
    const { anchor, epoch } = this.#state;
    const time = new Date(Date.UTC(anchor.year, anchor.month - 1, 1) + sequence - epoch);
    return time.toISOString().replace('Z', '+07:00');
  }

  #computeRows(database: DatabaseName, sequence: number): readonly StatisticsRow[] {
    const { epoch, changes } = this.#state;
    const tick = Math.floor((sequence - epoch) / SEQUENCES_PER_TICK);
    const byKey = Map.groupBy(
      changes.filter((change) => change.database === database && change.sequence <= sequence),
      rowKey,
    );
    const rows = this.baseline.rows[database].map((row): StatisticsRow => {
      const touched = row.running ? this.#lastTick(database, row, tick) : 0;
      const altered = byKey.get(rowKey(row)) ?? [];
      const counts: Record<string, number> = { ...this.#counts(database, row, touched) };
      for (const change of altered) counts[change.field] = change.value;
      const rowSequence = Math.max(epoch + touched * SEQUENCES_PER_TICK, ...altered.map((change) => change.sequence));
      return this.#tell(row, rowSequence, counts);
    });
    const poison = this.#poison.get(database);
    const poisoned = poison !== undefined && poison.sequence <= sequence ? poisonRows(database, poison.count) : [];
    const bad = poisoned.map((row) => this.#tell({ ...row, running: false }, poison?.sequence ?? epoch, row.counts));
    return inOrder([...rows, ...bad], rowKey);
  }

  #tell(row: Omit<BaseRow, 'counts'>, sequence: number, counts: StatisticsRow['counts']): StatisticsRow {
    return {
      codeSystem: row.codeSystem,
      code: row.code,
      period: row.period,
      sequence,
      status: row.running ? 'PROVISIONAL' : 'FINAL',
      publishedAt: this.publishedAt(row, sequence),
      counts,
    };
  }

  #lastTick(database: DatabaseName, row: BaseRow, tick: number): number {
    const { seed, openProvinces } = this.baseline;
    return lastRestatement({ seed, provinces: openProvinces.length }, tick, openProvinces.indexOf(row.code), database);
  }

  #counts(database: DatabaseName, row: BaseRow, tick: number): Counts {
    return restateCounts(this.baseline.seed, database, row, tick);
  }
}
