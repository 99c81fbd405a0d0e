import { isMissing } from '../src/domain/observation.js';
import type { SurveyFigure } from '../src/domain/submission.js';
import type { FigureRow } from './figures.js';
import { type FrameworkFile, figureOf } from './frameworkFile.js';
import { seededWhole } from './random.js';

/** What the survey of one round is made from. */
export interface SurveyOptions {
  /** Calibrated figures of the round. */
  readonly figures: readonly FigureRow[];
  readonly framework: FrameworkFile;
  readonly codeSystem: string;
  readonly seed: number;
}

/**
 * Makes the survey of one round: the calibrated figures of the indicators that the framework wants surveyed.
 * @returns by entity and indicator as in the figures; respondents are the denominator of a ratio, 400 to 1,600 for a mean
 */
export function demonstrationSurvey({ figures, framework, codeSystem, seed }: SurveyOptions): SurveyFigure[] {
  const indicators = framework.pillars.flatMap((index) => index.components);
  const surveyed = new Set(indicators.filter((each) => each.source_kind === 'survey').map((each) => each.code));
  return figures
    .filter((row) => surveyed.has(row.indicatorCode) && !isMissing(row))
    .map((row) => ({
      entityKey: `${codeSystem}:${row.entityCode}`,
      indicatorCode: row.indicatorCode,
      respondents: Number(row.denominator ?? seededWhole(400, 1600, seed, 'survey', row.entityCode, row.indicatorCode)),
      ...figureOf(row),
    }));
}

/** Writes a survey as CSV, columns `round,code_system,entity,indicator,respondents,value,numerator,denominator`. */
export function surveyCsv(roundCode: string, figures: readonly SurveyFigure[]): string {
  const lines = figures.map((figure) => {
    const [codeSystem = '', code = ''] = figure.entityKey.split(':');
    const { indicatorCode, respondents, value, numerator, denominator } = figure;
    const cells = [roundCode, codeSystem, code, indicatorCode, respondents, value, numerator, denominator];
    return cells.map((cell) => cell ?? '').join(',');
  });
  return `${['round,code_system,entity,indicator,respondents,value,numerator,denominator', ...lines].join('\n')}\n`;
}
