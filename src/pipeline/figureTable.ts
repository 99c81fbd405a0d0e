import type { MergedValue } from '../domain/mergePolicy.js';
import type { Figure } from '../domain/observation.js';
import type { ScoredFigure } from '../scoring/rule.js';

const PARTS = ['value', 'numerator', 'denominator'] as const;

/** A chosen figure as the hash of the input takes it. */
export interface ChosenFigure extends Figure {
  readonly indicatorId: number;
  readonly sourceId: number;
  readonly period: string;
}

/**
 * The chosen figure of each entity and indicator of a round, as columns: 38 bytes a figure, where an observation as an object takes 300. A round of
 * 10,600 communes and 98 indicators has a million of them.
 */
export class FigureTable {
  readonly #rows: ReadonlyMap<number, number>;
  readonly #places: ReadonlyMap<number, number>;
  readonly #indicatorIds: readonly number[];
  readonly #numbers: Readonly<Record<(typeof PARTS)[number], Float64Array>>;
  /** 0 = none was chosen. */
  readonly #observationId: Float64Array;
  readonly #sourceId: Int32Array;
  readonly #period: Uint8Array;
  readonly #isDisputed: Uint8Array;
  /** A year has 17: itself, quarters and months. */
  readonly #periods: string[] = [];
  /** Figures whose digits a float64 does not give back. */
  readonly #exact = new Map<number, Figure>();
  #discrepancies = 0;

  constructor(entityIds: readonly number[], indicatorIds: readonly number[]) {
    const cells = entityIds.length * indicatorIds.length;
    this.#rows = new Map(entityIds.map((id, at) => [id, at]));
    this.#places = new Map(indicatorIds.map((id, at) => [id, at]));
    this.#indicatorIds = indicatorIds;
    this.#numbers = {
      value: new Float64Array(cells),
      numerator: new Float64Array(cells),
      denominator: new Float64Array(cells),
    };
    this.#observationId = new Float64Array(cells);
    this.#sourceId = new Int32Array(cells);
    this.#period = new Uint8Array(cells);
    this.#isDisputed = new Uint8Array(cells);
  }

  /** Places, taken or not. */
  get size(): number {
    return this.#observationId.length;
  }

  get byteLength(): number {
    return this.#observationId.length * (4 * 8 + 4 + 1 + 1);
  }

  /** Figures whose self-report differs from the measurement beyond the policy's tolerance. */
  get discrepancies(): number {
    return this.#discrepancies;
  }

  /** True when a figure of this entity and indicator has a place here. */
  has(entityId: number, indicatorId: number): boolean {
    return this.#rows.has(entityId) && this.#places.has(indicatorId);
  }

  /** Replaces a figure; one that has no place here is left out. */
  put(entityId: number, indicatorId: number, { chosen, discrepancy }: MergedValue): void {
    if (!this.has(entityId, indicatorId)) return;
    const cell = this.#cellOf(entityId, indicatorId);
    const isDisputed = discrepancy === null ? 0 : 1;
    this.#discrepancies += isDisputed - (this.#isDisputed[cell] ?? 0);
    this.#isDisputed[cell] = isDisputed;
    this.#exact.delete(cell);
    this.#observationId[cell] = chosen?.id ?? 0;
    if (chosen === null) return;
    for (const part of PARTS) this.#numbers[part][cell] = chosen[part] === null ? Number.NaN : Number(chosen[part]);
    const { value, numerator, denominator } = chosen;
    if (PARTS.some((part) => this.#text(part, cell) !== chosen[part]))
      this.#exact.set(cell, { value, numerator, denominator });
    this.#sourceId[cell] = chosen.sourceId;
    this.#period[cell] = this.#periodAt(chosen.period);
  }

  /**
   * The figure as scoring takes it: numbers instead of exact decimals; null = none was chosen.
   * @param automatic says it of a source
   */
  scored(entityId: number, indicatorId: number, automatic: (sourceId: number) => boolean): ScoredFigure | null {
    const cell = this.#cellOf(entityId, indicatorId);
    const observationId = this.#observationId[cell] || null;
    if (observationId === null) return null;
    const number = (part: (typeof PARTS)[number]) => {
      const x = this.#numbers[part][cell] ?? Number.NaN;
      return Number.isNaN(x) ? null : x;
    };
    return {
      value: number('value'),
      numerator: number('numerator'),
      denominator: number('denominator'),
      automatic: automatic(this.#sourceId[cell] ?? 0),
      observationId,
    };
  }

  /** All figures of an entity, their decimals as the observations have them. */
  chosenOf(entityId: number): ChosenFigure[] {
    return this.#indicatorIds.flatMap((indicatorId) => {
      const cell = this.#cellOf(entityId, indicatorId);
      if (!this.#observationId[cell]) return [];
      const figure = this.#exact.get(cell) ?? {
        value: this.#text('value', cell),
        numerator: this.#text('numerator', cell),
        denominator: this.#text('denominator', cell),
      };
      const period = this.#periods[this.#period[cell] ?? 0] ?? '';
      return [{ ...figure, indicatorId, sourceId: this.#sourceId[cell] ?? 0, period }];
    });
  }

  #cellOf(entityId: number, indicatorId: number): number {
    return (this.#places.get(indicatorId) ?? 0) * this.#rows.size + (this.#rows.get(entityId) ?? 0);
  }

  #text(part: (typeof PARTS)[number], cell: number): string | null {
    const x = this.#numbers[part][cell] ?? Number.NaN;
    return Number.isNaN(x) ? null : String(x);
  }

  #periodAt(period: string): number {
    const known = this.#periods.indexOf(period);
    return known >= 0 ? known : this.#periods.push(period) - 1;
  }
}
