import type { ReadPage } from '../readPage.js';

/** Adds pages to a model of the store: the newest figure of each identity. */
export class Ledger {
  readonly #figures = new Map<string, string>();

  /** Takes in the records of a run, as the store would. @returns how many new versions that made */
  add(pages: readonly ReadPage[]): number {
    let versions = 0;
    for (const { identity, figure } of pages.flatMap(figuresOf)) {
      if (this.#figures.get(identity) === figure) continue;
      this.#figures.set(identity, figure);
      versions += 1;
    }
    return versions;
  }

  get size(): number {
    return this.#figures.size;
  }

  get figures(): ReadonlyMap<string, string> {
    return this.#figures;
  }
}

/** A record as the store compares it. */
export interface LedgerFigure {
  /** Entity, indicator and period. */
  readonly identity: string;
  readonly figure: string;
}

/** The records of a page as the store compares them; a time of publication makes no new version. */
export function figuresOf({ records }: ReadPage): readonly LedgerFigure[] {
  return records.map(({ entityId, indicatorId, period, value, numerator, denominator, obsStatus, deleted }) => ({
    identity: `${entityId} ${indicatorId} ${period}`,
    figure: deleted ? 'deleted' : `${value ?? `${numerator}/${denominator}`} ${obsStatus}`,
  }));
}

/** What a run would leave in an empty store. */
export function ledgerOf(pages: readonly ReadPage[]): ReadonlyMap<string, string> {
  const ledger = new Ledger();
  ledger.add(pages);
  return ledger.figures;
}

/**
 * Compares what two runs leave.
 * @param except identities that may be missing or there
 * @returns null when they are equal, else the first differences in words
 */
export function compareLedgers(
  expected: ReadonlyMap<string, string>,
  received: ReadonlyMap<string, string>,
  except: ReadonlySet<string> = new Set(),
): string | null {
  const differences: string[] = [];
  for (const [identity, figure] of expected) {
    if (except.has(identity)) continue;
    const other = received.get(identity);
    if (other === undefined) differences.push(`${identity} is lost`);
    else if (other !== figure) differences.push(`${identity} is ${other} and not ${figure}`);
  }
  for (const identity of received.keys()) {
    if (!except.has(identity) && !expected.has(identity)) differences.push(`${identity} is new`);
  }
  if (differences.length === 0) return null;
  const rest = differences.length > 2 ? ` and ${differences.length - 2} more` : '';
  return `entity, indicator, period ${differences.slice(0, 2).join('; ')}${rest}`;
}
