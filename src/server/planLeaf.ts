import { Buffer } from 'node:buffer';
import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  type GraphQLLeafType,
  GraphQLString,
  isEnumType,
} from 'graphql';
import { JsonBytes } from './jsonBytes.js';

/** JSON of a part of an answer. */
export type Part = Buffer | Promise<Buffer>;

/**
 * What has yet to come of a part of an answer: null = nothing, it is written; otherwise JSON that belongs where the part would stand, where nothing is
 * written then.
 */
export type Pending = Promise<Buffer> | null;

/** One execution of a plan. */
export interface Run {
  readonly context: unknown;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Arguments of the fields that take some, by their number in the plan; they depend on the variables alone. */
  readonly args: (Readonly<Record<string, unknown>> | undefined)[];
}

/** Writes a value that a resolver gave; throws when it cannot be written without an error. */
export type Write = (value: unknown, run: Run) => Pending;

/** Thrown where graphql-js would tell an error: it has to execute the operation then. One object, since nobody reads a trace of it. */
export const GIVE_UP = new Error('graphql-js has to execute this operation');
/** Smallest and largest whole number of GraphQL. */
const [MIN_INT, MAX_INT] = [-(2 ** 31), 2 ** 31 - 1];
const [NULL, TRUE, FALSE] = ['null', 'true', 'false'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];

/**
 * Where all plans write. JavaScript does one thing at a time, and who has written takes it before he waits for anything, so that nobody's bytes lie between
 * those of another; what a resolver executes meanwhile comes and goes at the end.
 */
export const out = new JsonBytes();

/** Whether a value has to be waited for. */
export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function';
}

/** Writes null where it may be. */
export function writeNull(isNullable: boolean): null {
  if (!isNullable) throw GIVE_UP;
  out.putBytes(NULL);
  return null;
}

/** Writes a value when it comes. */
export function whenThere(coming: Promise<unknown>, write: Write, isNullable: boolean, run: Run): Promise<Buffer> {
  return coming.then((value) => {
    if (value !== null && value !== undefined) return take(write, value, run);
    if (isNullable) return NULL;
    throw GIVE_UP;
  });
}

/** Writes a value apart from everything else; also when that fails, nothing of it is left where all write. */
export function take(write: Write, value: unknown, run: Run): Part {
  const from = out.length;
  try {
    return write(value, run) ?? out.take(from);
  } catch (error) {
    out.length = from;
    throw error;
  }
}

/** Waits for parts, and puts them together. */
export async function joinAll(parts: readonly Part[]): Promise<Buffer> {
  return Buffer.concat(await Promise.all(parts));
}

/** Nobody waits any more for the parts that are still on their way; without a handler, the failure of one would end the process. */
export function abandon(parts: readonly Part[], error: unknown): unknown {
  for (const part of parts) if (part instanceof Promise) part.catch(() => undefined);
  return error;
}

/** Lays out how a leaf is written: one closure for each kind, which goes on to what is rare only when a value is not what it mostly is. */
export function planLeaf(type: GraphQLLeafType, isNullable: boolean): Write {
  const serialise: Write = (value) => {
    const text = value instanceof Error ? undefined : JSON.stringify(type.serialize(value) ?? undefined);
    if (text === undefined) throw GIVE_UP;
    out.putText(text);
    return null;
  };
  const otherwise = (write: Write): Write => {
    return (value, run) => {
      if (value === null || value === undefined) return writeNull(isNullable);
      return isPromise(value) ? whenThere(value, write, isNullable, run) : serialise(value, run);
    };
  };
  if (isEnumType(type)) {
    const texts = new Map(type.getValues().map(({ value, name }) => [value as unknown, Buffer.from(`"${name}"`)]));
    const write: Write = (value, run) => {
      const text = texts.get(value);
      if (text === undefined) return rest(value, run);
      out.putBytes(text);
      return null;
    };
    const rest = otherwise(write);
    return write;
  }
  if (type === GraphQLString || type === GraphQLID) {
    const write: Write = (value, run) => {
      if (typeof value !== 'string') return rest(value, run);
      out.putString(value);
      return null;
    };
    const rest = otherwise(write);
    return write;
  }
  if (type === GraphQLFloat) {
    const write: Write = (value, run) => {
      if (typeof value !== 'number' || !Number.isFinite(value)) return rest(value, run);
      out.putNumber(value);
      return null;
    };
    const rest = otherwise(write);
    return write;
  }
  if (type === GraphQLInt) {
    const write: Write = (value, run) => {
      const isInt = typeof value === 'number' && Number.isInteger(value) && value >= MIN_INT && value <= MAX_INT;
      if (!isInt) return rest(value, run);
      out.putNumber(value);
      return null;
    };
    const rest = otherwise(write);
    return write;
  }
  if (type === GraphQLBoolean) {
    const write: Write = (value, run) => {
      if (typeof value !== 'boolean') return rest(value, run);
      out.putBytes(value ? TRUE : FALSE);
      return null;
    };
    const rest = otherwise(write);
    return write;
  }
  return otherwise(serialise);
}
