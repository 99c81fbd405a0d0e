import { PlatformError } from '../src/domain/errors.js';
import { type Baseline, type BaseRow, monthPeriod, rowKey } from './baseline.js';
import { countFields, type DatabaseName, isDatabase } from './database.js';
import type { Counts } from './month.js';
import { poisonRows } from './poison.js';
import { restateCounts } from './restate.js';
import { type CountChange, highestSequence, SEQUENCES_PER_TICK, type SimulatorState, saveState } from './state.js';
import type { SystemRow, SystemSimulator } from './system.js';
import {
  lastTurn,
  poisonSystemRows,
  restateFigures,
  type SystemBaseRow,
  type SystemFigures,
  systemBaseline,
} from './systemRows.js';
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
  readonly #poison = new Map<string, { readonly count: number; readonly sequence: number }>();
  readonly #systems: SystemFigures;
  readonly #simulators: ReadonlyMap<string, SystemSimulator>;
  /** Made when somebody asks: a start should not wait for twenty systems. */
  readonly #systemBase = new Map<string, readonly SystemBaseRow[]>();
  readonly #systemCache = new Map<string, { readonly sequence: number; readonly rows: readonly SystemRow[] }>();
  readonly #cache = new Map<DatabaseName, { readonly sequence: number; readonly rows: readonly StatisticsRow[] }>();

  /**
   * @param reference frameworks and names of the reference data; figures and seed are those of the baseline
   * @param systems the national systems beside the three databases
   */
  constructor(
    baseline: Baseline,
    state: SimulatorState,
    dataDir: string,
    reference: Pick<SystemFigures, 'frameworks' | 'names'>,
    systems: readonly SystemSimulator[],
  ) {
    this.baseline = baseline;
    const { seed, anchor, rounds } = baseline;
    this.#systems = { seed, anchor, rounds, ...reference };
    this.#simulators = new Map(systems.map((system) => [system.key, system]));
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
    const fields = this.#fieldsOf(wanted);
    if (fields === null) throw new PlatformError('NOT_FOUND', `${wanted.database} has no row ${key}.`);
    if (!fields.includes(wanted.field))
      throw new PlatformError('NOT_FOUND', `${key} has no count "${wanted.field}"; it has ${fields.join(', ')}.`);
    const change = { ...wanted, sequence: this.#nextSequence() };
    const { spent, changes } = this.#state;
    this.#save({ ...this.#state, spent: spent + 1, changes: [...changes, change] });
    return change;
  }

  /** Adds bad rows to a database until they are taken out with 0; they are not kept over a restart. */
  poison(database: string, count: number): void {
    if (isDatabase(database)) this.#cache.delete(database);
    this.#systemCache.delete(database);
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

  /**
   * All rows of a system as they were at a sequence number, in order.
   * @param sequence one of which {@link hasResultSet} is true
   */
  systemRows(key: string, sequence: number): readonly SystemRow[] {
    const cached = this.#systemCache.get(key);
    if (cached?.sequence === sequence) return cached.rows;
    const rows = this.#computeSystem(key, sequence);
    this.#systemCache.set(key, { sequence, rows });
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

  #fieldsOf(wanted: Omit<CountChange, 'sequence'>): readonly string[] | null {
    const { database } = wanted;
    const key = rowKey(wanted);
    if (isDatabase(database)) {
      const isKnown = this.baseline.rows[database].some((row) => rowKey(row) === key);
      return isKnown ? countFields(database, wanted.codeSystem).map((field) => field.name) : null;
    }
    const row = this.#baseOf(database).find((each) => rowKey(each) === key);
    if (row === undefined) return null;
    return Object.entries(row.figures).flatMap(([code, { value }]) =>
      value === null ? [`${code}.numerator`, `${code}.denominator`] : [`${code}.value`],
    );
  }

  #baseOf(key: string): readonly SystemBaseRow[] {
    const known = this.#systemBase.get(key);
    if (known !== undefined) return known;
    const system = this.#simulators.get(key);
    const base = system === undefined ? [] : systemBaseline(this.#systems, system);
    this.#systemBase.set(key, base);
    return base;
  }

  #computeSystem(key: string, sequence: number): readonly SystemRow[] {
    const { epoch, changes } = this.#state;
    const base = this.#baseOf(key);
    const tick = Math.floor((sequence - epoch) / SEQUENCES_PER_TICK);
    const provinces = this.baseline.openProvinces.length;
    const byKey = Map.groupBy(
      changes.filter((change) => change.database === key && change.sequence <= sequence),
      rowKey,
    );
    const tell = (row: SystemBaseRow, at: number, figures: SystemRow['figures']): SystemRow => {
      const { running, endMonth, position: _position, ...told } = row;
      const publishedAt = this.publishedAt({ period: endMonth, running }, at);
      return { ...told, figures, sequence: at, status: running ? 'PROVISIONAL' : 'FINAL', publishedAt };
    };
    const rows = base.map((row) => {
      const touched = row.running ? lastTurn(tick, row.position, provinces) : 0;
      const altered = byKey.get(rowKey(row)) ?? [];
      const figures = { ...restateFigures(this.#systems, key, row, touched) };
      for (const { field, value } of altered) {
        const [, code = '', side = ''] = /^(.+)\.(numerator|denominator|value)$/.exec(field) ?? [];
        const figure = figures[code];
        if (figure !== undefined) figures[code] = { ...figure, [side]: String(value) };
      }
      const at = Math.max(epoch + touched * SEQUENCES_PER_TICK, ...altered.map((change) => change.sequence));
      return tell(row, at, figures);
    });
    const poison = this.#poison.get(key);
    const good = base.find((row) => row.codeSystem === 'GSO-2004') ?? base[0];
    const isPoisoned = poison !== undefined && poison.sequence <= sequence && good !== undefined;
    const bad = isPoisoned
      ? poisonSystemRows(good, poison.count).map((row) => tell(row, poison.sequence, row.figures))
      : [];
    return inOrder([...rows, ...bad], rowKey);
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
