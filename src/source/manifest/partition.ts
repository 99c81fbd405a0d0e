import { syncFailure } from '../failure.js';
import type { PartitionSpec } from './streamSchema.js';
import type { ScopeValue } from './template.js';

/** Vietnam's clock, by which "now" is a day, month or year. */
const OFFSET_MS = 7 * 3_600_000;
const MAX_VALUES = 100_000;

/** Values of one dimension that go into one request together. */
interface Group {
  readonly name: string;
  readonly values: readonly (string | number)[];
  readonly separator: string;
}

/** One part of a stream: a group of every dimension. */
export interface Part {
  /** `province=01 year=2021,2022`, for people and for the cursors. */
  readonly key: string;
  readonly groups: readonly Group[];
}

/** Where the values of partitions come from that are not written in the manifest. */
export interface PartitionSource {
  entityCodes(codeSystem: string): readonly string[];
  readParent(spec: Extract<PartitionSpec, { type: 'parent' }>): Promise<readonly (string | number)[]>;
  readonly now: Date;
}

/**
 * Lists the parts of a stream: the product of its dimensions, the last changing fastest. A stream without dimensions is one part with an empty key.
 * @throws PlatformError SYNC_CONFIG, SYNC_PROTOCOL when a dimension has no values, for a run that reads nothing is no success
 */
export async function listParts(
  partitions: Readonly<Record<string, PartitionSpec>>,
  source: PartitionSource,
): Promise<readonly Part[]> {
  let parts: readonly (readonly Group[])[] = [[]];
  for (const [name, spec] of Object.entries(partitions)) {
    const values = await listValues(spec, source);
    if (values.length === 0) {
      const code = spec.type === 'parent' ? 'SYNC_PROTOCOL' : 'SYNC_CONFIG';
      throw syncFailure(code, `The partition ${name} has no values; nothing would be read.`);
    }
    const groups: Group[] = [];
    for (let at = 0; at < values.length; at += spec.group) {
      groups.push({ name, values: values.slice(at, at + spec.group), separator: spec.separator });
    }
    if (parts.length * groups.length > MAX_VALUES) {
      throw syncFailure('SYNC_BOUND', `The partitions make more than ${MAX_VALUES} parts. Group their values.`);
    }
    parts = parts.flatMap((before) => groups.map((group) => [...before, group]));
  }
  return parts.map(toPart);
}

/** Halves the first group that has more than one value. @returns null when there is none */
export function splitPart(part: Part): readonly [Part, Part] | null {
  const at = part.groups.findIndex((group) => group.values.length > 1);
  const group = part.groups[at];
  if (group === undefined) return null;
  const middle = Math.ceil(group.values.length / 2);
  const half = (values: Group['values']): Part => toPart(part.groups.with(at, { ...group, values }));
  return [half(group.values.slice(0, middle)), half(group.values.slice(middle))];
}

/** The placeholders of a part: its values, the first and the last of them, and the pieces of a period. */
export function writePart(part: Part): readonly (readonly [string, ScopeValue])[] {
  return part.groups.flatMap(({ name, values, separator }) => {
    const [from, to] = [values[0] ?? null, values.at(-1) ?? null];
    const whole = values.length === 1 ? from : values.join(separator);
    const pieces = /^(\d{4})(?:-(?:Q([1-4])|(\d\d)(?:-(\d\d))?))?$/.exec(String(from ?? ''));
    const [, year = null, quarter = null, month = null, day = null] = pieces ?? [];
    const prefix = `partition.${name}`;
    return [
      [prefix, whole],
      [`${prefix}.from`, from],
      [`${prefix}.to`, to],
      [`${prefix}.year`, year],
      [`${prefix}.quarter`, quarter],
      [`${prefix}.month`, month],
      [`${prefix}.day`, day],
    ] satisfies [string, ScopeValue][];
  });
}

/** The values of a part by name, for expressions of the mapping; several are one text. */
export function describePart(part: Part): Readonly<Record<string, string | number>> {
  return Object.fromEntries(
    part.groups.map(({ name, values, separator }) => [
      name,
      values.length === 1 ? (values[0] ?? '') : values.join(separator),
    ]),
  );
}

function toPart(groups: readonly Group[]): Part {
  return { key: groups.map(({ name, values, separator }) => `${name}=${values.join(separator)}`).join(' '), groups };
}

async function listValues(spec: PartitionSpec, source: PartitionSource): Promise<readonly (string | number)[]> {
  if (spec.type === 'list') return spec.values;
  if (spec.type === 'entities') return source.entityCodes(spec.codeSystem);
  if (spec.type === 'parent') return [...new Set(await source.readParent(spec))];
  return listRange(spec, source.now);
}

function listRange(spec: Extract<PartitionSpec, { type: 'range' }>, now: Date): readonly (string | number)[] {
  const unit = UNITS[spec.unit];
  const [from, to] = [unit.read(String(spec.from)), spec.to === null ? unit.of(now) : unit.read(String(spec.to))];
  if (from === null || to === null) {
    throw syncFailure(
      'SYNC_CONFIG',
      `A range of ${spec.unit}s from ${spec.from} to ${spec.to ?? 'now'} cannot be counted.`,
    );
  }
  if ((to - from) / spec.step > MAX_VALUES) {
    throw syncFailure('SYNC_BOUND', `The range from ${spec.from} has more than ${MAX_VALUES} values.`);
  }
  const values: (string | number)[] = [];
  for (let at = from; at <= to; at += spec.step) values.push(unit.write(at));
  return values;
}

/** Counts of a unit: periods by their number since year 0 or, for days, since 1970. */
interface Unit {
  read(text: string): number | null;
  write(count: number): string | number;
  of(now: Date): number | null;
}

function readWith(pattern: RegExp, count: (...parts: number[]) => number): Unit['read'] {
  return (text) => {
    const match = pattern.exec(text);
    return match === null ? null : count(...match.slice(1).map(Number));
  };
}

const pad = (number: number): string => String(number).padStart(2, '0');
const localIso = (now: Date): string => new Date(now.getTime() + OFFSET_MS).toISOString();
const DAY_MS = 86_400_000;
const readMonth = readWith(/^(\d{4})-(0[1-9]|1[0-2])$/, (year = 0, month = 0) => year * 12 + month - 1);

const UNITS: Readonly<Record<'number' | 'year' | 'quarter' | 'month' | 'day', Unit>> = {
  number: { read: readWith(/^(-?\d{1,15})$/, (value = 0) => value), write: (count) => count, of: () => null },
  year: {
    read: readWith(/^(\d{4})$/, (year = 0) => year),
    write: (count) => String(count),
    of: (now) => Number(localIso(now).slice(0, 4)),
  },
  quarter: {
    read: readWith(/^(\d{4})-Q([1-4])$/, (year = 0, quarter = 0) => year * 4 + quarter - 1),
    write: (count) => `${Math.floor(count / 4)}-Q${(count % 4) + 1}`,
    of: (now) => Math.floor((readMonth(localIso(now).slice(0, 7)) ?? 0) / 3),
  },
  month: {
    read: readMonth,
    write: (count) => `${Math.floor(count / 12)}-${pad((count % 12) + 1)}`,
    of: (now) => readMonth(localIso(now).slice(0, 7)),
  },
  day: {
    read: (text) =>
      /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) ? Date.parse(text) / DAY_MS : null,
    write: (count) => new Date(count * DAY_MS).toISOString().slice(0, 10),
    of: (now) => Date.parse(localIso(now).slice(0, 10)) / DAY_MS,
  },
};
