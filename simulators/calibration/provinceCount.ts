import type { Place } from './place.js';
import { Random, randomFor } from './random.js';

/** How the count of a merged province follows from its predecessors. */
export type Merging = 'sum' | 'mean' | 'same';

/** What a size may depend on: persons in the year, municipality or not, wealth (about 1), counts made before it. */
interface Setting {
  readonly people: number;
  readonly municipality: boolean;
  readonly wealth: number;
  readonly count: (label: string) => number;
}

/** One denominator: its label in the framework, its size, its growth per year, and how it merges. */
interface CountRule {
  readonly label: string;
  readonly merging: Merging;
  /** 1.01 = one percent a year. `flow` counts (dossiers, documents) also vary a little from year to year. */
  readonly growth: number;
  readonly flow?: boolean;
  readonly size: (setting: Setting, random: Random) => number;
}

const thousands = (setting: Setting): number => setting.people / 1000;

/** In order: later sizes may use earlier counts. All sizes are simulated; only the population starts from a real figure. */
const RULES: readonly CountRule[] = [
  {
    label: 'Population aged 15 and over',
    merging: 'sum',
    growth: 1,
    size: (s, r) => s.people * r.between(0.745, 0.785),
  },
  { label: 'Adult population', merging: 'sum', growth: 1, size: (s, r) => s.people * r.between(0.69, 0.735) },
  { label: 'Employed persons', merging: 'sum', growth: 1, size: (s, r) => s.people * r.between(0.5, 0.56) },
  { label: 'Households', merging: 'sum', growth: 1.002, size: (s, r) => s.people / r.between(3.3, 4.1) },
  {
    label: 'All communes',
    merging: 'sum',
    growth: 1,
    size: (s, r) => (70 + 0.075 * thousands(s) * r.between(0.8, 1.3)) * (s.municipality ? 0.62 : 1),
  },
  { label: 'All villages', merging: 'sum', growth: 1, size: (s, r) => s.count('All communes') * r.between(7, 11) },
  { label: 'Bodies in scope', merging: 'sum', growth: 1, size: (s, r) => s.count('All communes') + r.whole(28, 60) },
  { label: 'All officials', merging: 'sum', growth: 1.003, size: (s, r) => 1400 + thousands(s) * r.between(1, 1.4) },
  { label: 'Records held', merging: 'sum', growth: 1.005, size: (s, r) => s.count('All officials') * r.between(7, 10) },
  { label: 'All members', merging: 'sum', growth: 1.02, size: (s, r) => s.count('All villages') * r.between(3.4, 5.2) },
  { label: 'All schools', merging: 'sum', growth: 1, size: (s, r) => s.people / r.between(2100, 3100) },
  { label: 'Institutions', merging: 'sum', growth: 1, size: (s, r) => 5 + (thousands(s) / 110) * r.between(0.8, 1.3) },
  {
    label: 'Tasks due in the year',
    merging: 'mean',
    growth: 1.04,
    flow: true,
    size: (_s, r) => r.whole(40, 110),
  },
  { label: 'Meetings planned in the year', merging: 'same', growth: 1, size: () => 12 },
  { label: 'Services offered to provinces', merging: 'same', growth: 1, size: () => 0 },
  {
    label: 'Systems in operation',
    merging: 'sum',
    growth: 1.04,
    size: (s, r) => 14 + Math.sqrt(thousands(s)) * r.between(0.7, 1.1),
  },
  {
    label: 'Systems due',
    merging: 'sum',
    growth: 1.05,
    size: (s, r) => s.count('Systems in operation') * r.between(0.5, 0.8),
  },
  {
    label: 'Workstations',
    merging: 'sum',
    growth: 1.02,
    size: (s, r) => s.count('All officials') * r.between(0.92, 1.12),
  },
  {
    label: 'Incidents recorded',
    merging: 'sum',
    growth: 1.03,
    flow: true,
    size: (s, r) => 30 + thousands(s) * r.between(0.08, 0.3),
  },
  {
    label: 'IT spending',
    merging: 'sum',
    growth: 1.06,
    flow: true,
    size: (s, r) => thousands(s) * r.between(45, 85) * s.wealth,
  },
  { label: 'Sites', merging: 'sum', growth: 1.01, size: (s, r) => s.count('All communes') * 1.15 + r.whole(50, 120) },
  { label: 'Eligible procedures', merging: 'mean', growth: 1.015, size: (_s, r) => r.whole(640, 1080) },
  {
    label: 'Dossiers received',
    merging: 'sum',
    growth: 1.06,
    flow: true,
    size: (s, r) => s.people * r.between(0.34, 0.7),
  },
  {
    label: 'Dossiers with a fee',
    merging: 'sum',
    growth: 1.06,
    flow: true,
    size: (s, r) => s.count('Dossiers received') * r.between(0.29, 0.44),
  },
  {
    label: 'Dossiers settled',
    merging: 'sum',
    growth: 1.06,
    size: (s, r) => s.count('Dossiers received') * r.between(0.935, 0.98),
  },
  { label: 'Services needing citizen data', merging: 'mean', growth: 1.03, size: (_s, r) => r.whole(190, 420) },
  {
    label: 'Verification requests',
    merging: 'sum',
    growth: 1.15,
    flow: true,
    size: (s, r) => s.count('Dossiers received') * r.between(0.42, 0.85),
  },
  {
    label: 'Ratings',
    merging: 'sum',
    growth: 1.08,
    flow: true,
    size: (s, r) => s.count('Dossiers received') * r.between(0.06, 0.14),
  },
  {
    label: 'Feedback received',
    merging: 'sum',
    growth: 1.06,
    flow: true,
    size: (s, r) => s.people / r.between(420, 1100),
  },
  {
    label: 'Outgoing documents',
    merging: 'sum',
    growth: 1.03,
    flow: true,
    size: (s, r) => s.people * r.between(0.2, 0.42),
  },
  { label: 'Work files', merging: 'sum', growth: 1.03, flow: true, size: (s, r) => s.people * r.between(0.24, 0.5) },
  { label: 'Periodic reports', merging: 'mean', growth: 1.02, size: (_s, r) => r.whole(190, 480) },
  {
    label: 'Inspections',
    merging: 'sum',
    growth: 1.02,
    flow: true,
    size: (s, r) => 90 + thousands(s) * r.between(0.05, 0.16),
  },
  { label: 'Datasets in the catalogue', merging: 'mean', growth: 1.1, size: (_s, r) => r.whole(64, 210) },
  { label: 'Databases in the catalogue', merging: 'mean', growth: 1.05, size: (_s, r) => r.whole(22, 58) },
  {
    label: 'Parcels',
    merging: 'sum',
    growth: 1.005,
    size: (s, r) => s.people * (s.municipality ? r.between(0.3, 0.5) : r.between(0.7, 1.15)),
  },
  {
    label: 'Budget spending',
    merging: 'sum',
    growth: 1.06,
    flow: true,
    size: (s, r) => thousands(s) * r.between(12000, 17000) * s.wealth,
  },
  { label: 'GRDP', merging: 'sum', growth: 1.075, size: (s, r) => thousands(s) * r.between(52, 84) * s.wealth ** 1.3 },
  {
    label: 'Active enterprises',
    merging: 'sum',
    growth: 1.02,
    size: (s, r) => thousands(s) * (s.municipality ? r.between(13, 21) : r.between(3.2, 6)) * s.wealth,
  },
  {
    label: 'Small and medium enterprises',
    merging: 'sum',
    growth: 1.02,
    size: (s, r) => s.count('Active enterprises') * r.between(0.962, 0.978),
  },
  { label: 'Households in scope', merging: 'sum', growth: 1.02, size: (s, r) => thousands(s) * r.between(9, 19) },
  {
    label: 'Public postal points',
    merging: 'sum',
    growth: 1,
    size: (s, r) => s.count('All communes') * r.between(1, 1.25),
  },
  {
    label: 'Declarations',
    merging: 'sum',
    growth: 1.05,
    flow: true,
    size: (s, r) => 900 + thousands(s) * Math.round(2 ** r.between(2, 8.5)) * s.wealth,
  },
  { label: 'Population', merging: 'sum', growth: 1, size: (s) => s.people },
  { label: 'Valid cards', merging: 'sum', growth: 1.003, size: (s, r) => s.people * r.between(0.885, 0.925) },
  {
    label: 'Beneficiaries with an account',
    merging: 'sum',
    growth: 1.05,
    size: (s, r) => s.people * r.between(0.022, 0.04),
  },
  {
    label: 'Valid licences',
    merging: 'sum',
    growth: 1.015,
    size: (s, r) => s.count('Adult population') * r.between(0.55, 0.7),
  },
  { label: 'Citizens surveyed', merging: 'mean', growth: 1, flow: true, size: (_s, r) => r.whole(640, 1450) },
];

/** How each denominator of the provincial framework merges, by label. */
export const PROVINCE_MERGING: ReadonlyMap<string, Merging> = new Map(RULES.map((rule) => [rule.label, rule.merging]));

/** Services that the national platform offers to provinces; the same for all in a year. */
export function servicesOffered(year: number): number {
  return 18 + 3 * (year - 2021);
}

/**
 * Denominators of one province and year, by their label in the framework.
 * Counts of the territory move one or two percent a year; counts of activity (dossiers, documents, money) move more.
 * @returns whole numbers; the linked labels 'End-to-end services' and 'Systems approved' are added when their figure is chosen
 */
export function provinceCounts(place: Place, year: number): Map<string, number> {
  const trait = randomFor('place', place.code);
  const peopleGrowth = 1 + trait.between(0.004, place.municipality ? 0.018 : 0.011);
  const wealth = (place.municipality ? 1.35 : 0.9) * trait.between(0.75, 1.35);
  const start = place.population2019 + trait.whole(-480, 480);
  const people = Math.round(start * peopleGrowth ** (year - 2019));
  const base = Math.round(start * peopleGrowth ** 2);
  const atBase = new Map<string, number>();
  const counts = new Map<string, number>();
  for (const rule of RULES) {
    const setting: Setting = {
      people: base,
      municipality: place.municipality,
      wealth,
      count: (label) => atBase.get(label) ?? 0,
    };
    const size = rule.size(setting, randomFor('count', place.code, rule.label));
    atBase.set(rule.label, size);
    const perHead = rule.growth === 1 && rule.merging === 'sum' && size > 20000 ? people / base : 1;
    const wobble = rule.flow === true ? 1 + randomFor('wobble', place.code, rule.label, year).between(-0.03, 0.03) : 1;
    counts.set(rule.label, Math.round(size * perHead * rule.growth ** (year - 2021) * wobble));
  }
  counts.set('Population', people);
  counts.set('Services offered to provinces', servicesOffered(year));
  counts.set('Meetings planned in the year', randomFor('meetings', place.code).whole(2, 6) * 2);
  const settled = Math.min(
    counts.get('Dossiers settled') ?? 0,
    Math.round(0.985 * (counts.get('Dossiers received') ?? 0)),
  );
  counts.set('Dossiers settled', settled);
  return counts;
}
