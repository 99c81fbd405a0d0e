import { readFileSync } from 'node:fs';
import type { SubmissionItem } from '../src/domain/submission.js';
import type { FigureRow } from './figures.js';

/** What the simulators need of an indicator in data/frameworks. */
export interface IndicatorEntry {
  readonly code: string;
  readonly formula: {
    readonly kind: 'yes_no' | 'ratio' | 'ratio_capped' | 'tiered' | 'relative_to_best' | 'survey_mean';
    readonly tiers?: readonly { readonly at_least: number }[];
  };
  readonly source_kind: 'self_reported' | 'national_system' | 'survey' | 'expert';
  readonly source_system: string | null;
}

/** What the simulators need of a file in data/frameworks; its `pillars` are main indexes. */
export interface FrameworkFile {
  readonly framework: string;
  readonly pillars: readonly { readonly code: string; readonly components: readonly IndicatorEntry[] }[];
}

/** Reads a framework file. It is reference data of this repository, so its shape is taken as it is. */
export function readFrameworkFile(path: string): FrameworkFile {
  const file: FrameworkFile = JSON.parse(readFileSync(path, 'utf8'));
  return file;
}

/** The figure alone, without the entity and indicator that it belongs to. */
export function figureOf(row: FigureRow): SubmissionItem['claimed'] {
  return { value: row.value, numerator: row.numerator, denominator: row.denominator };
}
