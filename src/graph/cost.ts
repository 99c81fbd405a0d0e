import type { GraphQLField } from 'graphql';
import { Extensions } from 'type-graphql';

/** Arguments of a field, as its resolver gets them. */
type Arguments = Readonly<Record<string, unknown>>;

/** How many items a list has: about a number, what its arguments say, or the rows of a connection's page. */
type Size = number | 'page' | ((args: Arguments) => number);

/** Rows of a page whose size is not said. */
export const DEFAULT_FIRST = 20;

/** Most rows of a page. */
export const MAX_FIRST = 1000;

/** Rounds of a level, where they are not named. */
const ASSUMED_ROUNDS = 5;

/** Assumed of lists that declare no size; a test holds the schema to declare it everywhere. */
const UNDECLARED_SIZE = 100;

/**
 * Declares how many items a list is to be counted as before it is read.
 * @param size what the largest framework has; `page` = the rows of the page that the connection above was asked for
 */
export function ListSize(size: Size) {
  return Extensions({ listSize: size });
}

/**
 * Declares how many rows the lists below a field have that are sized by its page, where no `first` says it.
 * @param size told by the arguments of the field
 */
export function PageSize(size: (args: Arguments) => number) {
  return Extensions({ pageSize: size });
}

/**
 * Declares what a field costs by itself, for each object that it is asked of; 1 is a value in memory, measured at 2 to 10 µs.
 * @param cost about a tenth of the microseconds that it takes
 */
export function Cost(cost: number) {
  return Extensions({ cost });
}

/**
 * Declares that a field goes through rows and tests each by its argument `filter`. Measured: 0.4 µs to make a row and
 * twice as much for each condition, so that a search through 7,000 scores costs 1,000 before anything of it is shown.
 * @param rows about how many
 */
export function Scan(rows: number) {
  return Extensions({ cost: ({ filter }: Arguments) => Math.ceil((rows * (1 + 2 * countConditions(filter))) / 7) });
}

/** Measures that a selection of scores is counted as; see graph/measure.ts, which a test holds to the largest framework. */
interface SelectionSizes {
  readonly measuresOf: (kind: unknown) => number;
  readonly children: number;
}

/**
 * Declares that a field goes through the scores of rounds and groups them. Measured: 0.03 µs for each score and condition, and as much for each
 * statistic; with 88 entities and five rounds when they are not named.
 */
export function GroupScan({ measuresOf, children }: SelectionSizes) {
  return Extensions({
    cost: ({ rounds, years, measures, kind, parent, by, filter, having }: Arguments) => {
      const roundCount = lengthOf(rounds) ?? lengthOf(years) ?? ASSUMED_ROUNDS;
      const isWide = kind || (Array.isArray(by) && by.some((each) => MEASURE_DIMENSIONS.has(each)));
      const measureCount = lengthOf(measures) ?? (parent ? children : isWide ? measuresOf(kind) : 1);
      const perScore = (2 + countConditions(filter) + countConditions(having)) / 50;
      return Math.ceil(10 + roundCount * measureCount * 88 * perScore);
    },
  });
}

const MEASURE_DIMENSIONS: ReadonlySet<unknown> = new Set(['MEASURE', 'PILLAR', 'MAIN_INDEX', 'KIND']);

function countConditions(filter: unknown): number {
  if (Array.isArray(filter)) return filter.reduce((sum: number, part) => sum + countConditions(part), 0);
  if (typeof filter !== 'object' || filter === null) return 0;
  return Object.entries(filter).reduce((sum, [name, part]) => {
    const isPart = name === 'and' || name === 'or' || name === 'not';
    return sum + (isPart ? countConditions(part) : Math.max(Object.keys(part ?? {}).length, countNested(part)));
  }, 0);
}

/** Conditions in a part that holds conditions on fields of its own, such as `change: { rank: { lt: -5, gt: -9 } }`; 0 = it holds none. */
function countNested(part: unknown): number {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return 0;
  const { some, every, none, ...range } = part as Arguments;
  const related = [some, every, none].filter((each) => typeof each === 'object' && each !== null);
  if (related.length > 0) return countConditions(related) * sizeOfRange(range);
  const inner = Object.values(part).filter((each) => typeof each === 'object' && each !== null && !Array.isArray(each));
  return inner.length === 0 ? 0 : countConditions(part);
}

/** How many scores of an entity a range is counted as: rounds times measures. */
function sizeOfRange({ rounds, years, level, measures, kind, parent }: Arguments): number {
  const roundCount = lengthOf(rounds) ?? lengthOf(years) ?? (level ? ASSUMED_ROUNDS : 1);
  const measureCount = lengthOf(measures) ?? (kind || parent ? UNDECLARED_SIZE : 1);
  return Math.max(1, roundCount * measureCount);
}

function lengthOf(list: unknown): number | null {
  return Array.isArray(list) ? list.length : null;
}

/** What asking for a field costs, besides what is asked for below it. */
export interface FieldCost {
  readonly own: number;
  /** How many objects the field leads to; 1 unless it is a list. */
  readonly items: number;
}

/**
 * What a field costs by its declarations.
 * @param isList whether it is a list of objects
 * @param page rows of the page of the connection that the field belongs to; 1 = it belongs to none
 */
export function costOfField(
  { extensions }: GraphQLField<unknown, unknown>,
  isList: boolean,
  args: Arguments,
  page: number,
): FieldCost {
  const cost = (extensions.cost ?? 1) as number | ((args: Arguments) => number);
  const own = typeof cost === 'number' ? cost : cost(args);
  if (!isList) return { own, items: 1 };
  const size = (extensions.listSize ?? UNDECLARED_SIZE) as Size;
  return { own, items: size === 'page' ? page : typeof size === 'number' ? size : size(args) };
}

/** Rows of the page that a field is asked for; 1 when it is no connection. Sizes that will be refused count as if they were not. */
export function pageOf({ extensions }: GraphQLField<unknown, unknown>, args: Arguments): number {
  const size = extensions.pageSize as ((args: Arguments) => number) | undefined;
  if (size !== undefined) return size(args);
  const { first } = args;
  if (first === undefined) return 1;
  return typeof first === 'number' ? Math.min(Math.max(first, 0), MAX_FIRST) : DEFAULT_FIRST;
}
