/** How much data a bench has; the same at every run, so that figures of different days compare. */
export interface BenchSize {
  /** What a user calls it. */
  readonly key: string;
  readonly level: 'PROVINCE' | 'COMMUNE';
  /** Entities that Q2 asks for, of `level`. */
  readonly entities: number;
  /** Central bodies that are ranked with them. */
  readonly ministries: number;
  readonly indicators: number;
  /** The first year; the last one stays open. */
  readonly firstYear: number;
  readonly years: number;
}

/** The sizes of the table, and a tiny one for tests. */
export const BENCH_SIZES = {
  national: {
    ...{ key: 'national', level: 'PROVINCE', entities: 63, ministries: 25, indicators: 98, firstYear: 2016, years: 5 },
  },
  communes: {
    ...{
      key: 'communes',
      level: 'COMMUNE',
      entities: 10_600,
      ministries: 0,
      indicators: 98,
      firstYear: 2016,
      years: 10,
    },
  },
  tiny: { key: 'tiny', level: 'PROVINCE', entities: 9, ministries: 3, indicators: 17, firstYear: 2016, years: 2 },
} as const satisfies Record<string, BenchSize>;

/** Code system of all entities of a bench. */
export const BENCH_SYSTEM = 'BENCH';
/** Code of the only framework of a bench. */
export const BENCH_FRAMEWORK = 'BENCH-98';
/** Code of the only peer group of a bench. */
export const BENCH_GROUP = 'BENCH_ALL';
/** Key of the only source of a bench. */
export const BENCH_SOURCE = 'bench';

/** Codes of the regions; entity number n is in the region `(n * 7) % 6`. */
export const BENCH_REGIONS = [
  'north-mountain',
  'red-river',
  'central-coast',
  'highlands',
  'south-east',
  'mekong',
] as const;

/** The years of a size, first to last. */
export function yearsOf(size: BenchSize): number[] {
  return Array.from({ length: size.years }, (_, at) => size.firstYear + at);
}

/** The year whose round is open. */
export function lastYear(size: BenchSize): number {
  return size.firstYear + size.years - 1;
}

/** The code of a year's round. */
export function benchRound(year: number): string {
  return `BENCH-${year}`;
}

/** The code of an entity by its number, from 0. */
export function entityCode(size: BenchSize, at: number): string {
  const letter = at >= size.entities ? 'M' : size.level === 'COMMUNE' ? 'C' : 'T';
  return `${letter}${String(at + 1).padStart(5, '0')}`;
}
