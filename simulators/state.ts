import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PlatformError } from '../src/domain/errors.js';
import { type Month, monthPeriod } from './baseline.js';

/** Sequence numbers that one tick has: its own and those of the changes made by hand before the next. */
export const SEQUENCES_PER_TICK = 1000;

/** A count that was altered by hand: an override or a late correction. */
export interface CountChange {
  /** A database, or the key of a system. */
  readonly database: string;
  readonly codeSystem: string;
  readonly code: string;
  /** `2022-11`. */
  readonly period: string;
  /** A count of the database; of a system `SOC_ACTIVITY.02.numerator`, `.denominator` or `.value`. */
  readonly field: string;
  readonly value: number;
  readonly sequence: number;
}

/** All that the simulators remember. Everything else is computed from it and from the figures. */
export interface SimulatorState {
  readonly seed: number;
  readonly anchor: Month;
  readonly tick: number;
  /** Sequence number of tick 0. */
  readonly epoch: number;
  /** Sequence numbers given to changes by hand since the last tick. */
  readonly spent: number;
  readonly changes: readonly CountChange[];
}

/** The highest sequence number given so far. */
export function highestSequence(state: SimulatorState): number {
  return state.epoch + state.tick * SEQUENCES_PER_TICK + state.spent;
}

/**
 * Reads a month written `2026-03`.
 * @throws PlatformError BAD_USER_INPUT
 */
export function parseMonth(text: string): Month {
  const match = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text);
  if (match === null) throw new PlatformError('BAD_USER_INPUT', `"${text}" is not a month; write it like 2026-03.`);
  return { year: Number(match[1]), month: Number(match[2]) };
}

function statePath(dataDir: string): string {
  return join(dataDir, 'simulators.json');
}

function readState(dataDir: string): SimulatorState | null {
  let text: string;
  try {
    text = readFileSync(statePath(dataDir), 'utf8');
  } catch {
    return null;
  }
  try {
    const state: SimulatorState = JSON.parse(text);
    if ([state.seed, state.tick, state.epoch, state.spent, state.anchor.year].every(Number.isSafeInteger)) return state;
  } catch {
    // Said below.
  }
  throw new PlatformError('DATA_FOLDER_UNUSABLE', `${statePath(dataDir)} is damaged; delete it to begin at tick 0.`);
}

/** Writes the state so that a crash in the middle leaves the old one: a temporary file, then a rename. */
export function saveState(dataDir: string, state: SimulatorState): void {
  const path = statePath(dataDir);
  writeFileSync(`${path}.new`, `${JSON.stringify(state, null, 1)}\n`);
  renameSync(`${path}.new`, path);
}

/**
 * Opens the state of a data folder, or begins one. Another seed or anchor month than before is a rebuilt database: it begins at tick 0, without
 * changes, with sequence numbers above all earlier ones, so that readers with an old cursor read everything again.
 * @param seed undefined = as before, else 922
 * @param anchor undefined = as before, else `thisMonth`
 * @throws PlatformError DATA_FOLDER_UNUSABLE when the file is damaged
 */
export function openState(
  dataDir: string,
  wanted: { readonly seed: number | undefined; readonly anchor: Month | undefined; readonly thisMonth: Month },
): SimulatorState {
  mkdirSync(dataDir, { recursive: true });
  const known = readState(dataDir);
  const seed = wanted.seed ?? known?.seed ?? 922;
  const anchor = wanted.anchor ?? known?.anchor ?? wanted.thisMonth;
  if (known !== null && known.seed === seed && monthPeriod(known.anchor) === monthPeriod(anchor)) return known;
  const epoch = known === null ? SEQUENCES_PER_TICK : known.epoch + (known.tick + 1) * SEQUENCES_PER_TICK;
  const state: SimulatorState = { seed, anchor, tick: 0, epoch, spent: 0, changes: [] };
  saveState(dataDir, state);
  return state;
}
