import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildBaseline } from '../../simulators/baseline.js';
import { type FigureRow, readFigures, readRounds } from '../../simulators/figures.js';
import { openState } from '../../simulators/state.js';
import { makeFiguresFolder, makeFolder } from './figureFolder.js';

const ANCHOR = { year: 2026, month: 3 };

function figure(indicatorCode: string, numerator: string | null, denominator: string | null): FigureRow {
  return { entityCode: '01', indicatorCode, value: null, numerator, denominator };
}

describe('buildBaseline', () => {
  it.each([
    ['a numerator above its denominator', [figure('ECO_ACTIVITY.08', '9', '8'), figure('ECO_ACTIVITY.09', '1', '2')]],
    ['half of the figures', [figure('ECO_ACTIVITY.08', '7', '8')]],
    ['a count that is not whole', [figure('ECO_ACTIVITY.08', '7.5', '8'), figure('ECO_ACTIVITY.09', '1', '2')]],
    ['a ratio without counts', [figure('ECO_ACTIVITY.08', null, null), figure('ECO_ACTIVITY.09', '1', '2')]],
  ])('refuses %s', (_what, rows) => {
    const rounds = [{ codeSystem: 'GSO-2004', year: 2022, open: false, rows }];
    expect(() => buildBaseline(rounds, 1, ANCHOR)).toThrowError(expect.objectContaining({ code: 'REFERENCE_INVALID' }));
  });

  it('refuses shared counts that disagree', () => {
    const rows = readRounds(makeFiguresFolder(), 2026)
      .filter((round) => round.open)
      .flatMap((round) => round.rows)
      .map((row) => (row.indicatorCode === 'GOV_ACTIVITY.06' ? { ...row, denominator: '99999' } : row));
    const rounds = [{ codeSystem: 'GSO-2025', year: 2026, open: true, rows }];
    expect(() => buildBaseline(rounds, 1, ANCHOR)).toThrowError(/dossiersReceived/);
  });
});

describe('readFigures', () => {
  it('names the file that is missing and the column that is lacking', () => {
    const path = join(makeFolder(), 'figures.csv');
    expect(() => readFigures(path)).toThrowError(/figures\.csv cannot be read/);
    writeFileSync(path, 'entity,indicator,value\n01,X.01,1\n');
    expect(() => readFigures(path)).toThrowError(/no column "numerator"/);
  });

  it('reads a code with its code system and keeps leading zeros', () => {
    const path = join(makeFolder(), 'figures.csv');
    writeFileSync(path, 'entity,indicator,value,numerator,denominator\nGSO-2004:01,X.01,1,,\n04,X.01,,2,3\n');
    expect(readFigures(path)).toEqual([
      { entityCode: '01', indicatorCode: 'X.01', value: '1', numerator: null, denominator: null },
      { entityCode: '04', indicatorCode: 'X.01', value: null, numerator: '2', denominator: '3' },
    ]);
  });
});

describe('openState', () => {
  it('refuses a damaged file rather than begin again', () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'simulators.json'), '{"seed":1,');
    const wanted = { seed: undefined, anchor: undefined, thisMonth: ANCHOR };
    expect(() => openState(folder, wanted)).toThrowError(expect.objectContaining({ code: 'DATA_FOLDER_UNUSABLE' }));
  });
});
