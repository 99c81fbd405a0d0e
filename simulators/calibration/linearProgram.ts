import highsPackage from 'highs';
import { required } from './required.js';

/** The package's types describe its CommonJS build; its ES module exports the loader itself as default. */
const loadHighs = highsPackage as unknown as typeof highsPackage.default;

/** One linear term: coefficient and the number of a variable. */
export type Term = readonly [coefficient: number, variable: number];

/** A linear program that is minimised by HiGHS; variables are numbers in order of creation. */
export class LinearProgram {
  readonly #bounds: string[] = [];
  readonly #costs: string[] = [];
  readonly #rows: string[] = [];

  /** @returns the number of the new variable */
  variable(lower: number, upper: number, cost = 0): number {
    const variable = this.#bounds.length;
    this.#bounds.push(` ${lower} <= x${variable} <= ${Number.isFinite(upper) ? upper : '+inf'}`);
    if (cost !== 0) this.#costs.push(`${cost} x${variable}`);
    return variable;
  }

  /** Adds the row `sum of terms  sense  right`. */
  constrain(terms: readonly Term[], sense: '<=' | '>=' | '=', right: number): void {
    const sum = terms
      .map(([factor, variable]) => `${factor < 0 ? '-' : '+'} ${Math.abs(factor)} x${variable}`)
      .join(' ');
    this.#rows.push(` r${this.#rows.length}: ${sum} ${sense} ${right}`);
  }

  /**
   * Adds a penalty for the distance between a sum and an aim: cheap up to `near`, dear beyond, so that a large correction is
   * shared by many variables instead of falling on one.
   */
  attract(terms: readonly Term[], aim: number, cost: number, near: number): void {
    const row: Term[] = [...terms];
    for (const sign of [1, -1]) {
      row.push([sign, this.variable(0, near, cost)]);
      row.push([sign, this.variable(0, 2 * near, 3 * cost)]);
      row.push([sign, this.variable(0, Number.POSITIVE_INFINITY, 10 * cost)]);
    }
    this.constrain(row, '=', aim);
  }

  /**
   * @returns values of all variables in order of creation
   * @throws Error when no solution meets all rows
   */
  async solve(what: string): Promise<number[]> {
    const highs = await loadHighs();
    const text = `Minimize\n obj: ${this.#costs.join(' + ')}\nSubject To\n${this.#rows.join('\n')}\nBounds\n${this.#bounds.join('\n')}\nEnd\n`;
    const solution = highs.solve(text, { primal_feasibility_tolerance: 1e-9 });
    if (solution.Status !== 'Optimal') throw new Error(`The targets of ${what} have no solution (${solution.Status}).`);
    return this.#bounds.map((_, variable) => {
      const column = required(solution.Columns[`x${variable}`], `column x${variable}`);
      return 'Primal' in column ? column.Primal : Number.NaN;
    });
  }
}
