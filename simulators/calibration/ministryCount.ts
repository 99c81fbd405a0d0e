import { Random, randomFor } from './random.js';
import { required } from './required.js';

/** Officials and yearly dossiers of each central body; simulated sizes that only respect which bodies are large. */
const SIZES: ReadonlyMap<string, readonly [officials: number, dossiers: number]> = new Map([
  ['MOHA', [920, 64000]],
  ['MOJ', [9480, 912000]],
  ['MPI', [8230, 486000]],
  ['MOF', [67800, 9640000]],
  ['MOIT', [7160, 1840000]],
  ['MARD', [10520, 612000]],
  ['MOT', [6840, 1130000]],
  ['MOC', [2120, 71000]],
  ['MONRE', [7640, 98000]],
  ['MIC', [3310, 126000]],
  ['MOLISA', [2630, 143000]],
  ['MCST', [5180, 88000]],
  ['MOST', [3540, 194000]],
  ['MOET', [2810, 167000]],
  ['MOH', [6420, 238000]],
  ['SBV', [6130, 92000]],
  ['VSS', [20900, 24700000]],
  ['CEMA', [430, 0]],
  ['GI', [780, 0]],
  ['VAST', [2340, 0]],
  ['VASS', [1720, 0]],
  ['VTV', [2910, 0]],
  ['VOV', [2130, 0]],
  ['VNA', [2380, 0]],
  ['CMSC', [192, 0]],
  ['HCMM', [336, 0]],
]);

interface CountRule {
  readonly label: string;
  readonly growth: number;
  readonly size: (officials: number, dossiers: number, random: Random) => number;
}

const RULES: readonly CountRule[] = [
  { label: 'All officials', growth: 1.002, size: (officials) => officials },
  { label: 'Units', growth: 1, size: (_o, _d, r) => r.whole(19, 34) },
  { label: 'Tasks due in the year', growth: 1.05, size: (_o, _d, r) => r.whole(36, 120) },
  { label: 'Meetings planned in the year', growth: 1, size: (_o, _d, r) => 2 * r.whole(2, 6) },
  { label: 'Services planned', growth: 1.05, size: (_o, _d, r) => r.whole(22, 46) },
  { label: 'Systems in operation', growth: 1.05, size: (o, _d, r) => 14 + Math.sqrt(o) * r.between(0.3, 0.6) },
  { label: 'Systems due', growth: 1.05, size: (o, _d, r) => 9 + Math.sqrt(o) * r.between(0.18, 0.3) },
  { label: 'Systems at level 3 and above', growth: 1.04, size: (o, _d, r) => 5 + Math.sqrt(o) * r.between(0.08, 0.2) },
  { label: 'Systems', growth: 1.02, size: (_o, _d, r) => r.whole(9, 26) },
  { label: 'Workstations', growth: 1.02, size: (o, _d, r) => o * r.between(1.02, 1.3) },
  { label: 'Incidents recorded', growth: 1.03, size: (o, _d, r) => 30 + Math.sqrt(o) * r.between(2, 5) },
  { label: 'IT spending', growth: 1.06, size: (o, _d, r) => 9000 + o * r.between(14, 32) },
  { label: 'Sites', growth: 1.02, size: (_o, _d, r) => r.whole(18, 64) },
  { label: 'Vulnerabilities found', growth: 1.04, size: (o, _d, r) => 24 + Math.sqrt(o) * r.between(1, 2.4) },
  { label: 'Eligible procedures', growth: 1.01, size: (_o, d, r) => (d > 0 ? r.whole(118, 390) : 0) },
  { label: 'Dossiers received', growth: 1.06, size: (_o, d, r) => d * r.between(0.94, 1.06) },
  { label: 'Dossiers with a fee', growth: 1.06, size: (_o, d, r) => d * r.between(0.3, 0.5) },
  { label: 'Dossiers settled', growth: 1.06, size: (_o, d, r) => d * r.between(0.88, 0.92) },
  { label: 'Services needing citizen data', growth: 1.03, size: (_o, _d, r) => r.whole(26, 150) },
  {
    label: 'Verification requests',
    growth: 1.14,
    size: (o, d, r) => (d > 0 ? d * r.between(0.4, 0.8) : o * r.between(6, 14)),
  },
  { label: 'Ratings', growth: 1.07, size: (_o, d, r) => 400 + d * r.between(0.04, 0.09) },
  { label: 'Feedback received', growth: 1.05, size: (_o, d, r) => 160 + Math.sqrt(d) * r.between(0.8, 1.8) },
  { label: 'Outgoing documents', growth: 1.03, size: (o, _d, r) => 4200 + o * r.between(9, 17) },
  { label: 'Work files', growth: 1.03, size: (o, _d, r) => 6400 + o * r.between(12, 24) },
  { label: 'Periodic reports', growth: 1.02, size: (_o, _d, r) => r.whole(64, 240) },
  { label: 'Inspections', growth: 1.02, size: (o, _d, r) => 18 + Math.sqrt(o) * r.between(1, 2) },
  { label: 'Datasets in the catalogue', growth: 1.1, size: (_o, _d, r) => r.whole(24, 96) },
  { label: 'Databases in the catalogue', growth: 1.05, size: (_o, _d, r) => r.whole(12, 34) },
  { label: 'Budget spending', growth: 1.05, size: (o, _d, r) => 140000 + o * r.between(380, 700) },
  { label: 'Databases listed', growth: 1.03, size: (_o, _d, r) => r.whole(8, 26) },
  { label: 'Platforms assigned', growth: 1.1, size: (_o, _d, r) => r.whole(3, 9) },
  { label: 'Procedures in scope', growth: 1.01, size: (_o, _d, r) => r.whole(40, 190) },
  { label: 'Value added of the sector', growth: 1.07, size: (_o, _d, r) => r.whole(24000, 460000) },
];

/**
 * Denominators of one central body and year, by their label in the framework.
 * @throws Error when the body has no size
 */
export function ministryCounts(code: string, year: number): Map<string, number> {
  const [officials, dossiers] = required(SIZES.get(code), `a size for the body ${code}`);
  return new Map(
    RULES.map((rule) => [
      rule.label,
      Math.round(rule.size(officials, dossiers, randomFor('count', code, rule.label)) * rule.growth ** (year - 2021)),
    ]),
  );
}
