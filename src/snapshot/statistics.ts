import { MAX_QUANTISABLE, quantise } from '../domain/quantise.js';

/**
 * Statistics of a list of numbers, each worked out when it is asked for. Sums are compensated (Neumaier 1974) and results rounded to 1e-12 as scores
 * are, so that the same numbers in another order give the same result. Null = there are too few numbers.
 */
export class Statistics {
  readonly #numbers: Float64Array;
  #sorted: Float64Array | null = null;
  #sum: number | null = null;

  /** @param numbers without NaN; kept, not copied */
  constructor(numbers: Float64Array) {
    this.#numbers = numbers;
  }

  get count(): number {
    return this.#numbers.length;
  }

  get sum(): number | null {
    return this.count === 0 ? null : quantiseStatistic(this.#exactSum());
  }

  /** The arithmetic mean. */
  get average(): number | null {
    return this.count === 0 ? null : quantiseStatistic(this.#exactSum() / this.count);
  }

  get median(): number | null {
    return this.quantile(0.5);
  }

  get min(): number | null {
    return this.#sort()[0] ?? null;
  }

  get max(): number | null {
    return this.#sort().at(-1) ?? null;
  }

  /** Of the sample: the squares are divided by n - 1, as PostgreSQL's `stddev` and R's `sd` do. Null for fewer than two. */
  get standardDeviation(): number | null {
    if (this.count < 2) return null;
    const mean = this.#exactSum() / this.count;
    return quantiseStatistic(Math.sqrt(addUp(this.#numbers, (x) => (x - mean) ** 2) / (this.count - 1)));
  }

  /**
   * The number below which a share of all lies, between two neighbours by straight line: R's type 7, `percentile_cont` of PostgreSQL,
   * PERCENTILE.INC of spreadsheets. For 1, 2, 3, 4 the quantile 0.25 is 1.75.
   * @param p 0 (the least) to 1 (the greatest)
   * @see Hyndman and Fan (1996), definition 7
   */
  quantile(p: number): number | null {
    if (this.count === 0) return null;
    const sorted = this.#sort();
    const place = (sorted.length - 1) * p;
    const below = sorted[Math.floor(place)] ?? Number.NaN;
    const above = sorted[Math.ceil(place)] ?? below;
    return quantiseStatistic(below + (above - below) * (place - Math.floor(place)));
  }

  #exactSum(): number {
    this.#sum ??= addUp(this.#numbers, (x) => x);
    return this.#sum;
  }

  #sort(): Float64Array {
    this.#sorted ??= this.#numbers.toSorted();
    return this.#sorted;
  }
}

function addUp(numbers: Float64Array, of: (x: number) => number): number {
  let sum = 0;
  let lost = 0;
  for (const number of numbers) {
    const x = of(number);
    const next = sum + x;
    lost += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
    sum = next;
  }
  return sum + lost;
}

/** As scores are rounded; what is too large for that stays as it is. */
function quantiseStatistic(x: number): number {
  return Math.abs(x) > MAX_QUANTISABLE ? x : quantise(x);
}
