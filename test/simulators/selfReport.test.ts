import { describe, expect, it } from 'vitest';
import type { FigureRow } from '../../simulators/figures.js';
import { readFrameworkFile } from '../../simulators/frameworkFile.js';
import { demonstrationSubmissions, type SelfReportOptions } from '../../simulators/selfReport.js';
import type { Figure } from '../../src/domain/observation.js';

const framework = readFrameworkFile('data/frameworks/PDTI-922.json');
const indicators = framework.pillars.flatMap((index) => index.components);
const byCode = new Map(indicators.map((indicator) => [indicator.code, indicator]));
const measuredSystems = ['einvoice', 'public_services', 'population'];

/** Plain figures for 63 bodies: ratios 40/100, yes and no in turn, tiers 2, others 1.25. */
const figures: FigureRow[] = Array.from({ length: 63 }, (_, entity) =>
  indicators.map(({ code, formula }): FigureRow => {
    const base = { entityCode: String(entity + 1).padStart(2, '0'), indicatorCode: code };
    if (formula.kind === 'ratio' || formula.kind === 'ratio_capped')
      return { ...base, value: null, numerator: code.endsWith('1') ? '100' : '40', denominator: '100' };
    const value = formula.kind === 'yes_no' ? String(entity % 2) : formula.kind === 'tiered' ? '2' : '1.25';
    return { ...base, value, numerator: null, denominator: null };
  }),
).flat();

const options: SelfReportOptions = {
  figures,
  framework,
  roundCode: 'PROVINCE-2022',
  codeSystem: 'GSO-2004',
  isMeasured: ({ code }) => isMeasured(code),
  seed: 922,
};
const submissions = demonstrationSubmissions(options);
const size = (figure: Figure): number => Number(figure.value ?? figure.numerator);

function isMeasured(code: string): boolean {
  const indicator = byCode.get(code);
  return indicator?.source_kind === 'national_system' && measuredSystems.includes(indicator.source_system ?? '');
}

describe('demonstrationSubmissions', () => {
  it('lets the calibrated figure stand in every item that is not measured', () => {
    const truth = new Map(figures.map((row) => [`GSO-2004:${row.entityCode} ${row.indicatorCode}`, row]));
    for (const { entityKey, items } of submissions) {
      const reported = items.filter((item) => !isMeasured(item.indicatorCode)).map((item) => item.indicatorCode);
      const expected = indicators.filter((each) => each.source_kind !== 'survey' && !isMeasured(each.code));
      expect(reported).toEqual(expected.map((each) => each.code));
      for (const item of items.filter((each) => !isMeasured(each.indicatorCode))) {
        const { value, numerator, denominator } = truth.get(`${entityKey} ${item.indicatorCode}`) ?? {};
        expect(item.accepted).toEqual({ value, numerator, denominator });
      }
    }
  });

  it('adjusts about 8 % of the items, whose claims are higher but possible', () => {
    const items = submissions
      .flatMap((submission) => submission.items)
      .filter((item) => !isMeasured(item.indicatorCode));
    const adjusted = items.filter((item) => item.state === 'ADJUSTED');
    // Yes and full ratios have nothing higher, so less than 8 % are left.
    expect(adjusted.length / items.length).toBeGreaterThan(0.04);
    expect(adjusted.length / items.length).toBeLessThan(0.09);
    for (const { claimed, accepted, reviewNote, indicatorCode } of adjusted) {
      expect(size(claimed)).toBeGreaterThan(size(accepted ?? claimed));
      if (claimed.denominator !== null) expect(size(claimed)).toBeLessThanOrEqual(Number(claimed.denominator));
      if (byCode.get(indicatorCode)?.formula.kind === 'yes_no')
        expect([claimed.value, accepted?.value]).toEqual(['1', '0']);
      expect(reviewNote).not.toBeNull();
    }
    for (const item of items) if (item.state !== 'ADJUSTED') expect(item.claimed).toEqual(item.accepted);
  });

  it('claims what is measured for about a third of the bodies, up to 12 % too much', () => {
    const claims = submissions.map(({ items }) => items.filter((item) => isMeasured(item.indicatorCode)));
    const claiming = claims.filter((items) => items.length > 0);
    expect(claiming.length).toBeGreaterThan(11);
    expect(claiming.length).toBeLessThan(32);
    for (const { claimed, accepted, state, indicatorCode } of claiming.flat()) {
      const truth = indicatorCode.endsWith('1') ? 100 : 40;
      expect(state).toBe('ACCEPTED');
      expect(accepted).toEqual(claimed);
      expect(size(claimed)).toBeGreaterThanOrEqual(truth);
      expect(size(claimed)).toBeLessThanOrEqual(Math.min(100, truth * 1.12 + 0.5));
    }
  });

  it('proves each item with one or two documents that say they are simulated', () => {
    for (const { evidence } of submissions.flatMap((submission) => submission.items)) {
      expect([1, 2]).toContain(evidence.length);
      for (const { title, reference } of evidence) {
        expect(title).toContain('mô phỏng');
        expect(reference).toMatch(/^\d{2,4}\/\p{L}{2}-UBND$/u);
      }
    }
  });

  it('is the same for the same seed, and for figures in another order', () => {
    expect(demonstrationSubmissions({ ...options, figures: figures.toReversed() })).toEqual(submissions);
    expect(demonstrationSubmissions({ ...options, seed: 1 })).not.toEqual(submissions);
  });

  it('has no item without a figure', () => {
    const row: FigureRow = {
      entityCode: '01',
      indicatorCode: 'AWARENESS.01',
      value: null,
      numerator: null,
      denominator: null,
    };
    expect(demonstrationSubmissions({ ...options, figures: [row] })[0]?.items).toEqual([]);
  });
});
