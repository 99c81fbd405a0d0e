import type { MainIndex } from './framework.js';
import { randomFor } from './random.js';
import { cell } from './required.js';

/** Values of main indexes by `cell(entity, main index)`, 0 to 1. */
export type Profile = Map<string, number>;

/** How hard each main index is to score in, before a body's level is added. Shape only; levels come from the overall values. */
const PATTERN: ReadonlyMap<string, number> = new Map([
  ['AWARENESS', 0.8],
  ['INSTITUTIONS', 0.79],
  ['INFRASTRUCTURE', 0.65],
  ['HUMAN_RESOURCES', 0.56],
  ['CYBERSECURITY', 0.5],
  ['GOV_ACTIVITY', 0.66],
  ['ECO_ACTIVITY', 0.55],
  ['SOC_ACTIVITY', 0.35],
  ['DX_ACTIVITY', 0.56],
]);

/** Characters that published ranks of 2022 imply, in logits; the rest of every character is drawn. */
const CHARACTER: ReadonlyMap<string, number> = new Map([
  // Ha Noi: 24th overall but 40th in P_GOV and 18th in P_ECO.
  ['01|GOV_ACTIVITY', -0.75],
  ['01|ECO_ACTIVITY', 0.85],
  ['01|SOC_ACTIVITY', 0.15],
  // Binh Duong: ranks 1, 16, 9, 9, 41, 6, 62, 24 in the eight main indexes.
  ['74|CYBERSECURITY', -0.6],
  ['74|GOV_ACTIVITY', 0.65],
  ['74|ECO_ACTIVITY', -1],
  ['74|HUMAN_RESOURCES', 0.5],
  ['74|INFRASTRUCTURE', 0.6],
  ['74|INSTITUTIONS', 0],
  // Lang Son: the one province outside the printed five that is above Ho Chi Minh City in P_SOC.
  ['20|SOC_ACTIVITY', 0.75],
  ['20|GOV_ACTIVITY', -0.1],
  // Quang Ngai and Thanh Hoa 2023: better in the pillars than overall, so strong in the foundation.
  ['51|SOC_ACTIVITY', 0],
  ['38|SOC_ACTIVITY', 0],
  // Without public services 2021: VNA leads CYBERSECURITY and DX_ACTIVITY with 0.2737 overall, VAST and VTV earn elsewhere.
  ['VAST|DX_ACTIVITY', -1.05],
  ['VTV|DX_ACTIVITY', -1.1],
  ['VNA|DX_ACTIVITY', 0.45],
  ['VNA|CYBERSECURITY', 0.75],
  ['VAST|CYBERSECURITY', -0.3],
  ['VTV|CYBERSECURITY', -0.3],
]);

/** Log odds of a share; shares beyond 0.02 to 0.98 count as these. */
export function logit(share: number): number {
  const inside = Math.max(0.02, Math.min(0.98, share));
  return Math.log(inside / (1 - inside));
}

/** Inverse of {@link logit}. */
export function sigmoid(odds: number): number {
  return 1 / (1 + Math.exp(-odds));
}

/**
 * Finds the level that makes a rising function reach an aim, by bisection between -12 and 12.
 * @returns the level; the bound when the aim is out of reach
 */
export function levelFor(value: (level: number) => number, aim: number): number {
  let low = -12;
  let high = 12;
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (value(middle) < aim) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Plausible main index values for each body whose weighted sum is the overall value aimed at: a common pattern, the body's own
 * strengths, and one level.
 * @param neighbour solved values of a neighbouring year, from which strengths are taken; null for the first year solved
 * @param known printed values by cell, kept as they are
 */
export function drawProfile(
  year: number,
  mainIndexes: readonly MainIndex[],
  aim: ReadonlyMap<string, number>,
  known: ReadonlyMap<string, number>,
  neighbour: Profile | null,
): Profile {
  const profile: Profile = new Map();
  for (const [entity, overall] of aim) {
    const shape = new Map(
      mainIndexes.map(({ code }) => {
        const own = CHARACTER.get(cell(entity, code)) ?? 0.36 * randomFor('strength', entity, code).normal();
        const pattern = logit(PATTERN.get(code) ?? 0.5) + own;
        const seen = neighbour?.get(cell(entity, code));
        const shift = 0.12 * randomFor('shift', year, entity, code).normal();
        return [code, seen === undefined ? pattern : 0.75 * logit(seen) + 0.25 * pattern + shift];
      }),
    );
    const valueAt = (code: string, level: number): number =>
      known.get(cell(entity, code)) ?? Math.min(0.97, sigmoid((shape.get(code) ?? 0) + level));
    const level = levelFor(
      (at) => mainIndexes.reduce((sum, { code, maxPoints }) => sum + (maxPoints / 1000) * valueAt(code, at), 0),
      overall,
    );
    for (const { code } of mainIndexes) profile.set(cell(entity, code), valueAt(code, level));
  }
  return profile;
}
