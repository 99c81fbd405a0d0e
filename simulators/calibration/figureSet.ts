import type { Figure } from './arithmetic.js';
import { shareOf } from './arithmetic.js';
import { bestValue } from './best.js';
import type { Framework, Indicator, MainIndex } from './framework.js';
import { scoredIndexes } from './framework.js';
import { type Institutions, institutionsFigures } from './institution.js';
import { logit, type Profile } from './profile.js';
import { randomFor } from './random.js';
import { realise, strengthOf } from './realise.js';
import { cell, required } from './required.js';

/** What the figures of one round and peer group are made from. */
export interface GroupOrder {
  readonly framework: Framework;
  /** 'PROVINCE' or the code of a peer group of ministries. */
  readonly group: string;
  readonly year: number;
  readonly entities: readonly string[];
  readonly targets: Profile;
  readonly institutions: ReadonlyMap<string, Institutions>;
  readonly counts: (entity: string) => Map<string, number>;
  /** Cells whose main index is exactly 1. */
  readonly full: ReadonlySet<string>;
  /** Bodies with printed values: figures as fine as needed; the others have rounder survey means. */
  readonly fine: ReadonlySet<string>;
  /** Main index that takes up what the others miss of the overall value. */
  readonly closing: string;
  /** Cells with a printed main index value, which therefore cannot take up anything. */
  readonly printed: ReadonlySet<string>;
  /** Best bodies of a neighbouring year, kept so that figures do not jump; null for the first year. */
  readonly owners: ReadonlyMap<string, string> | null;
}

/** Figures of a peer group, entity -> indicator -> figure, and who has the best value of each relative indicator. */
export interface FigureSet {
  readonly figures: Map<string, Map<string, Figure>>;
  readonly owners: ReadonlyMap<string, string>;
}

/**
 * Chooses the figures of all bodies of a peer group.
 * @returns indicators that do not apply have no figure
 */
export function chooseFigures(order: GroupOrder): FigureSet {
  const scored = scoredIndexes(order.framework);
  const bests = new Map(
    order.framework.mainIndexes
      .flatMap(({ indicators }) => indicators)
      .filter(({ rule }) => rule.kind === 'relative_to_best')
      .map(({ code }) => [code, bestValue(order.group, code, order.year)]),
  );
  const owners = chooseOwners(order, scored);
  const result = new Map<string, Map<string, Figure>>();
  for (const entity of order.entities) {
    const counts = order.counts(entity);
    const figures = new Map<string, Figure>();
    let missing = 0;
    const sequence = [...scored].sort(
      (one, two) => Number(one.code === order.closing) - Number(two.code === order.closing),
    );
    for (const mainIndex of sequence) {
      const indicators = applicable(order.framework, order.group, mainIndex);
      const possible = indicators.reduce((sum, { maxPoints }) => sum + maxPoints, 0);
      const key = cell(entity, mainIndex.code);
      const wanted = mainIndex.maxPoints * required(order.targets.get(key), `a target for ${key}`);
      const closes = mainIndex.code === order.closing && !order.printed.has(key);
      const aim = closes ? wanted + missing : wanted;
      const chosen =
        mainIndex.code === 'INSTITUTIONS'
          ? institutionsFigures(entity, required(order.institutions.get(entity), `INSTITUTIONS of ${entity}`))
          : realise({
              entity,
              year: order.year,
              indicators,
              points: (aim * possible) / mainIndex.maxPoints,
              counts,
              bests,
              full: order.full.has(key)
                ? new Set(indicators.map(({ code }) => code))
                : new Set(indicators.filter(({ code }) => owners.get(code) === entity).map(({ code }) => code)),
              fine: order.fine.has(entity),
            });
      let earned = 0;
      for (const indicator of indicators) {
        const figure = required(chosen.get(indicator.code), `a figure of ${indicator.code}`);
        earned += indicator.maxPoints * shareOf(indicator.rule, figure, bests.get(indicator.code)?.value ?? 0);
        figures.set(indicator.code, figure);
      }
      missing += wanted - (earned * mainIndex.maxPoints) / possible;
    }
    addUnscored(order, entity, figures, bests);
    result.set(entity, figures);
  }
  return { figures: result, owners };
}

function applicable(framework: Framework, group: string, mainIndex: MainIndex): readonly Indicator[] {
  if (group !== 'MINISTRY_WITHOUT_SERVICES') return mainIndex.indicators;
  return mainIndex.indicators.filter(({ code }) => !framework.notApplicable.has(code));
}

/** The body that has the best value: the one whose main index and talent promise most, unless a full main index or another year decides it. */
function chooseOwners(order: GroupOrder, scored: readonly MainIndex[]): Map<string, string> {
  const owners = new Map<string, string>();
  for (const mainIndex of scored) {
    for (const indicator of applicable(order.framework, order.group, mainIndex)) {
      if (indicator.rule.kind !== 'relative_to_best') continue;
      const last = order.owners?.get(indicator.code);
      const full = order.entities.find((entity) => order.full.has(cell(entity, mainIndex.code)));
      const settled = full ?? (last !== undefined && order.entities.includes(last) ? last : undefined);
      if (settled !== undefined) {
        owners.set(indicator.code, settled);
        continue;
      }
      const promise = (entity: string): number =>
        1.5 * logit(order.targets.get(cell(entity, mainIndex.code)) ?? 0.5) + strengthOf(entity, order.year, indicator);
      const [owner] = [...order.entities].sort((one, two) => promise(two) - promise(one));
      owners.set(indicator.code, required(owner, 'a body'));
    }
  }
  return owners;
}

/** SMART_CITY carries no points; its figures follow the infrastructure of the body. */
function addUnscored(
  order: GroupOrder,
  entity: string,
  figures: Map<string, Figure>,
  bests: ReadonlyMap<string, { readonly value: number }>,
): void {
  const level = logit(order.targets.get(cell(entity, 'INFRASTRUCTURE')) ?? 0.5);
  for (const mainIndex of order.framework.mainIndexes) {
    if (mainIndex.maxPoints > 0) continue;
    for (const indicator of mainIndex.indicators) {
      const strength = level + strengthOf(entity, order.year, indicator);
      const best = bests.get(indicator.code)?.value;
      if (best === undefined) {
        figures.set(indicator.code, { value: strength > 0.3 ? 1 : 0 });
        continue;
      }
      const share = Math.max(0.04, Math.min(0.96, 0.25 + 0.16 * strength + 0.05 * randomFor('city', entity).normal()));
      figures.set(indicator.code, { value: Math.round(best * share) });
    }
  }
}
