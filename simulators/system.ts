import type { Figure } from '../src/domain/observation.js';
import type { Refusal, WireAnswer, WireRequest } from './exchange.js';
import type { IndicatorEntry } from './frameworkFile.js';

/** How often a system tells its figures. */
export const GRAINS = ['year', 'quarter', 'month'] as const;
/** `year`: one row a year; `quarter`: four; `month`: the last month of each quarter, and the anchor month. */
export type Grain = (typeof GRAINS)[number];

/** One body and period as a national system knows it; each system writes it in a protocol of its own. */
export interface SystemRow {
  readonly codeSystem: string;
  readonly code: string;
  /** As in data/entities: `Hà Nội`, `Bộ Tài chính`. */
  readonly nameVi: string;
  /** `PDTI-922` for provinces, `MDTI-922` for central bodies. */
  readonly frameworkCode: string;
  /** `2023`, `2023-Q4` or `2023-12`, as the grain of the system is. */
  readonly period: string;
  /** Rises with each change; rows come in this order, then by key. */
  readonly sequence: number;
  readonly status: 'FINAL' | 'PROVISIONAL';
  /** ISO time with the offset of Vietnam. */
  readonly publishedAt: string;
  /** By indicator code: decimals as text; poisoned rows have other texts. Bodies to which an indicator does not apply have none of it. */
  readonly figures: Readonly<Record<string, Figure>>;
}

/** A request to a system, with the values of `:name` parts of its path. */
export interface SystemRequest extends WireRequest {
  readonly params: Readonly<Record<string, string>>;
}

/** One address of a system. */
export interface SystemRoute {
  readonly method: 'GET' | 'POST';
  /** Below `/<key>`; `:name` is a parameter: `/parcels/:code`. */
  readonly path: string;
  /** True for what faults spare, such as a token endpoint. */
  readonly isSpared?: boolean;
  handle(request: SystemRequest): WireAnswer | Promise<WireAnswer>;
}

/** What a system works with. */
export interface SystemContext {
  /**
   * All its rows by sequence number; a pure function of (figures, seed, state).
   * @param sequence as they were at this number; absent = now
   */
  rows(sequence?: number): readonly SystemRow[];
  /** The highest sequence number given so far; names a result set. */
  sequence(): number;
  /** True when {@link rows} can be computed for this number; false after the databases were rebuilt. */
  hasSequence(sequence: number): boolean;
  /** By the names of {@link SystemSimulator.secrets}. */
  readonly secrets: Readonly<Record<string, string>>;
  /** `/<key>`, for links in answers. */
  readonly basePath: string;
  /** Decides about signatures and tokens, never about data. */
  now(): Date;
}

/** A simulated national system: one file in simulators/systems, listed in its index. */
export interface SystemSimulator {
  /** Key of its source, and `source_system` of the frameworks. */
  readonly key: string;
  /** Names of the secrets that it asks for; the values are made at random. */
  readonly secrets: readonly string[];
  readonly grain: Grain;
  /** The indicators that it measures; absent = those that the frameworks measure by the system of this key. */
  measures?(indicator: IndicatorEntry, frameworkCode: string): boolean;
  /** A refusal that the fault control asks for in the words of the protocol; absent = 401 and 503 in plain text. */
  refuse?(refusal: NonNullable<Refusal>): WireAnswer;
  /** Called once, at the start. */
  routes(context: SystemContext): readonly SystemRoute[];
}

/** True when a system measures an indicator. */
export function isMeasuredBy(system: SystemSimulator, indicator: IndicatorEntry, frameworkCode: string): boolean {
  if (system.measures !== undefined) return system.measures(indicator, frameworkCode);
  return indicator.source_kind === 'national_system' && indicator.source_system === system.key;
}

/** A decimal as JSON has it: a number, and the text itself when it is none, as in poisoned rows. */
export function jsonNumber(text: string | null): number | string | null {
  return text === null || text === '' || Number.isNaN(Number(text)) ? text : Number(text);
}

/** The figures of a row as flat fields, `<indicator>` for a value, `<indicator>.a` and `.b` for the two sides of a ratio, under names of the caller. */
export function sidesOf(row: SystemRow, indicator: string): readonly [a: string | null, b: string | null] {
  const figure = row.figures[indicator];
  if (figure === undefined) return [null, null];
  return figure.value === null ? [figure.numerator, figure.denominator] : [figure.value, null];
}
