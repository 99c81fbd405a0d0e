import { type Figure, isMissing } from '../src/domain/observation.js';
import type { Evidence, Submission, SubmissionItem } from '../src/domain/submission.js';
import type { FigureRow } from './figures.js';
import { type FrameworkFile, figureOf, type IndicatorEntry } from './frameworkFile.js';
import { seededShare, seededWhole } from './random.js';

/** What the self-reports of one round are made from. */
export interface SelfReportOptions {
  /** Calibrated figures of the round. */
  readonly figures: readonly FigureRow[];
  readonly framework: FrameworkFile;
  /** `PROVINCE-2022`. */
  readonly roundCode: string;
  readonly codeSystem: string;
  /** True for what a connected system or the survey measures. */
  isMeasured(indicator: IndicatorEntry, frameworkCode: string): boolean;
  readonly seed: number;
}

/** Share of the items in which the reviewer let less stand than was claimed. */
const ADJUSTED_SHARE = 0.08;
/** Share of the bodies that also report what is measured. */
const CLAIMING_SHARE = 1 / 3;
const REVIEWER = 'Tổ thẩm định DTI (mô phỏng)';

/** Kinds of document by main index: title, and the abbreviation within its number. */
const DOCUMENTS: Readonly<Record<string, readonly [title: string, abbreviation: string]>> = {
  AWARENESS: ['Kế hoạch tuyên truyền, nâng cao nhận thức chuyển đổi số', 'KH'],
  INSTITUTIONS: ['Quyết định ban hành quy định về chuyển đổi số', 'QĐ'],
  INFRASTRUCTURE: ['Báo cáo hiện trạng hạ tầng số', 'BC'],
  HUMAN_RESOURCES: ['Báo cáo đào tạo, bồi dưỡng nhân lực số', 'BC'],
  CYBERSECURITY: ['Quyết định phê duyệt cấp độ an toàn hệ thống thông tin', 'QĐ'],
};
const OTHER_DOCUMENT = ['Báo cáo kết quả chuyển đổi số', 'BC'] as const;

/** One item's place: everything about it is seeded by this. */
type ItemKey = readonly [seed: number, roundCode: string, entityKey: string, indicatorCode: string];

function proveItem(key: ItemKey, entityCode: string, isProvince: boolean): Evidence[] {
  const [, roundCode, , indicatorCode] = key;
  const year = roundCode.slice(-4);
  const [title, abbreviation] = DOCUMENTS[indicatorCode.split('.')[0] ?? ''] ?? OTHER_DOCUMENT;
  const issuer = isProvince ? 'UBND' : entityCode;
  return Array.from({ length: seededWhole(1, 2, ...key, 'documents') }, (_, index) => ({
    title: `${title} năm ${year}${index === 0 ? '' : ' (bổ sung)'} (văn bản mô phỏng)`,
    reference: `${seededWhole(11, 2999, ...key, 'number', index)}/${abbreviation}-${issuer}`,
  }));
}

/** Raises a decimal by a share, in its own number of decimals, by at least one unit of the last. */
function raiseDecimal(text: string, share: number): string {
  const decimals = text.split('.')[1]?.length ?? 0;
  const step = 10 ** -decimals;
  return (Number(text) + Math.max(step, Number(text) * share)).toFixed(decimals);
}

/**
 * A higher figure than the true one, still possible under the rule.
 * @param share of the true one, above 0
 * @returns null when there is nothing higher: a yes, a full ratio, the top tier
 */
function raiseFigure(figure: Figure, { formula }: IndicatorEntry, share: number): Figure | null {
  if (figure.numerator !== null && figure.denominator !== null) {
    const [numerator, denominator] = [Number(figure.numerator), Number(figure.denominator)];
    if (numerator >= denominator) return null;
    const raised = numerator + Math.max(1, Math.round((numerator === 0 ? denominator : numerator) * share));
    return { ...figure, numerator: String(Math.min(denominator, raised)) };
  }
  if (figure.value === null) return null;
  if (formula.kind === 'yes_no') return Number(figure.value) === 0 ? { ...figure, value: '1' } : null;
  const top = Math.max(...(formula.tiers ?? []).map((tier) => tier.at_least));
  if (formula.kind !== 'tiered') return { ...figure, value: raiseDecimal(figure.value, share) };
  return Number(figure.value) < top ? { ...figure, value: String(Math.min(top, Number(figure.value) + 1)) } : null;
}

function explainReview(figure: Figure, { formula }: IndicatorEntry): string {
  if (formula.kind === 'yes_no') return 'Minh chứng chưa cho thấy việc đã hoàn thành (nhận xét mô phỏng).';
  const text = figure.value ?? `${figure.numerator}/${figure.denominator}`;
  return `Số liệu đối chiếu được với minh chứng là ${text} (nhận xét mô phỏng).`;
}

function reportItem(key: ItemKey, row: FigureRow, indicator: IndicatorEntry, evidence: Evidence[]): SubmissionItem {
  const accepted = figureOf(row);
  const isAdjusted = seededShare(...key, 'adjusted') < ADJUSTED_SHARE;
  const claimed = isAdjusted ? raiseFigure(accepted, indicator, 0.03 + 0.12 * seededShare(...key, 'claim')) : null;
  const base = { indicatorCode: indicator.code, accepted, evidence };
  if (claimed === null) return { ...base, claimed: accepted, state: 'ACCEPTED', reviewNote: null };
  return { ...base, claimed, state: 'ADJUSTED', reviewNote: explainReview(accepted, indicator) };
}

/** A claim beside a measurement: the same, or up to 12 % more, accepted because the reviewer had nothing to compare it with. */
function claimItem(key: ItemKey, row: FigureRow, indicator: IndicatorEntry, evidence: Evidence[]): SubmissionItem {
  const share = 0.12 * seededShare(...key, 'claim');
  const raised = Math.round(Number(row.numerator) * (1 + share));
  const claimed = { ...figureOf(row), numerator: String(Math.min(Number(row.denominator), raised)) };
  return { indicatorCode: indicator.code, claimed, accepted: claimed, state: 'ACCEPTED', evidence, reviewNote: null };
}

/**
 * Makes the self-reports of one round: what is not measured by a connected system and not surveyed, for each body that has figures. The reviewer let
 * the calibrated figure stand in every item; in 8 % of them more had been claimed. A third of the bodies also claim what is measured, up to
 * 12 % too much: these claims lose under the merge policy, and some open a discrepancy.
 * @returns one per body, by code; items in framework order; nothing for indicators without a figure
 */
export function demonstrationSubmissions(options: SelfReportOptions): Submission[] {
  const { framework, roundCode, codeSystem, seed } = options;
  const indicators = framework.pillars.flatMap((index) => index.components);
  const byEntity = Map.groupBy(options.figures, (row) => row.entityCode);
  return [...byEntity.keys()].sort().map((entityCode): Submission => {
    const entityKey = `${codeSystem}:${entityCode}`;
    const claimsMeasured = seededShare(seed, roundCode, entityKey, 'claims') < CLAIMING_SHARE;
    const rows = new Map((byEntity.get(entityCode) ?? []).map((row) => [row.indicatorCode, row]));
    const items = indicators.flatMap((indicator): SubmissionItem[] => {
      const row = rows.get(indicator.code);
      if (row === undefined || isMissing(row) || indicator.source_kind === 'survey') return [];
      const key: ItemKey = [seed, roundCode, entityKey, indicator.code];
      const evidence = proveItem(key, entityCode, codeSystem !== 'CENTRAL');
      if (!options.isMeasured(indicator, framework.framework)) return [reportItem(key, row, indicator, evidence)];
      return claimsMeasured && row.numerator !== null ? [claimItem(key, row, indicator, evidence)] : [];
    });
    return { roundCode, entityKey, reviewer: REVIEWER, simulated: true, items };
  });
}
