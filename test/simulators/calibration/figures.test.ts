import { describe, expect, it } from 'vitest';
import { rankGroup, scoreGroup } from '../../../simulators/calibration/arithmetic.js';
import { figureFileName, readFigures } from '../../../simulators/calibration/figureFile.js';
import { type Framework, readFramework } from '../../../simulators/calibration/framework.js';
import { readPlaces } from '../../../simulators/calibration/place.js';
import { classifyReference, readReferences } from '../../../simulators/calibration/reference.js';
import { verifyFigures } from '../../../simulators/calibration/verify.js';

const ROOT = process.cwd();
const FOLDER = `${ROOT}/data/demonstration`;

/** Denominators that describe a territory, so that only slow change is believable. */
const TERRITORY = ['Population', 'Adult population', 'Households', 'All communes', 'All villages', 'All schools'];

function denominatorOf(framework: Framework, label: string): string {
  for (const { indicators } of framework.mainIndexes) {
    for (const { code, rule } of indicators) if (rule.kind === 'ratio' && rule.denominator === label) return code;
  }
  throw new Error(`No indicator is counted over "${label}".`);
}

describe('the committed figures of data/demonstration', () => {
  it('give all 226 published rows of 2021-2023 and the facts of the contract', () => {
    const { rows, met, differences } = verifyFigures(ROOT, FOLDER);
    expect(differences).toEqual([]);
    expect([rows, met]).toEqual([226, 226]);
  });

  it('tie Thanh Hoa and Yen Bai at rank 15 in 2022 although no main index is the same', () => {
    const framework = readFramework(ROOT, 'PDTI-922');
    const scores = scoreGroup(framework, readFigures(`${FOLDER}/${figureFileName('PROVINCE', 2022)}`));
    const ranks = rankGroup(scores, 'overall');
    expect([ranks.get('38'), ranks.get('15')]).toEqual([15, 15]);
    expect([...ranks.values()]).not.toContain(16);
    for (const [code, points] of scores.get('38')?.points ?? []) {
      expect(scores.get('15')?.points.get(code)).not.toBe(points);
    }
  });

  it('describe a territory that changes by at most three percent a year and fits its population', () => {
    const framework = readFramework(ROOT, 'PDTI-922');
    const years = [2021, 2022, 2023].map((year) => readFigures(`${FOLDER}/${figureFileName('PROVINCE', year)}`));
    for (const place of readPlaces(ROOT)) {
      for (const label of TERRITORY) {
        const counts = years.map((figures) => {
          const figure = figures.get(place.code)?.get(denominatorOf(framework, label));
          return figure !== undefined && 'denominator' in figure ? figure.denominator : 0;
        });
        counts.forEach((count, position) => {
          const before = counts[position - 1] ?? count;
          expect(count / before, `${place.name}, ${label}`).toBeGreaterThanOrEqual(1);
          expect(count / before, `${place.name}, ${label}`).toBeLessThan(1.03);
        });
        if (label === 'Population') expect((counts[0] ?? 0) / place.population2019, place.name).toBeCloseTo(1.02, 1);
      }
    }
  });

  it('keep the live systems of the open round away from their caps', () => {
    const framework = readFramework(ROOT, 'PDTI-922');
    const open = readFigures(`${FOLDER}/${figureFileName('PROVINCE', 'OPEN')}`);
    expect(open.size).toBe(34);
    for (const { indicators } of framework.mainIndexes) {
      for (const { code, rule, system } of indicators) {
        if (rule.kind !== 'ratio' || !['einvoice', 'public_services', 'population'].includes(system ?? '')) continue;
        for (const [entity, figures] of open) {
          const figure = figures.get(code);
          const share = figure !== undefined && 'numerator' in figure ? figure.numerator / figure.denominator : 0;
          expect(share / rule.target, `${entity} ${code}`).toBeGreaterThan(0.55);
          expect(share / rule.target, `${entity} ${code}`).toBeLessThan(0.92);
        }
      }
    }
  });
});

describe('classifyReference', () => {
  it('leaves 76 of the 302 published rows as references, each with a reason', () => {
    const rows = readReferences(ROOT);
    const reasons = new Map<string, number>();
    for (const row of rows) {
      const classification = classifyReference(row);
      if (classification.reachable) continue;
      reasons.set(classification.reason, (reasons.get(classification.reason) ?? 0) + 1);
    }
    expect(rows.length).toBe(302);
    expect([...reasons.values()].sort((one, two) => two - one)).toEqual([54, 20, 2]);
  });
});
