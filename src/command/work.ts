import { type Command, InvalidArgumentError } from 'commander';
import type { Session, SharedOptions } from './session.js';

/**
 * What a command does.
 * @param args its arguments, in order; those that are optional may be missing
 * @returns false = it was done and its result is bad: problems in a manifest, a run that failed
 */
export type Work<Options extends object> = (
  session: Session,
  options: Options & SharedOptions,
  ...args: string[]
) => Promise<boolean>;

/** What the commands are registered with. */
export interface Desk {
  /**
   * Makes an action of commander of it.
   * @param role whom a token is made for when none is given; absent = nobody, one is the public then
   */
  act<Options extends object>(work: Work<Options>, role?: 'integrator'): (this: Command) => Promise<void>;
}

/** Reads an option that is a whole number. @param least smallest that is taken */
export function wholeNumber(least = 0): (value: string) => number {
  return (value) => {
    if (/^\d{1,9}$/.test(value) && Number(value) >= least) return Number(value);
    throw new InvalidArgumentError(`It is a whole number from ${least}.`);
  };
}

/** Collects the values of an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
