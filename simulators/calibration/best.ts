import { required } from './required.js';

/** Best value of a peer group in 2021, its yearly growth, and the decimals figures have. All simulated. */
const BESTS: ReadonlyMap<string, readonly [value: number, growth: number, decimals: number]> = new Map([
  ['PROVINCE AWARENESS.05', [2184, 1.13, 0]],
  ['PROVINCE AWARENESS.09', [148, 1.15, 0]],
  ['PROVINCE SMART_CITY.03', [38, 1.16, 0]],
  ['PROVINCE GOV_ACTIVITY.18', [8426310, 1.54, 0]],
  ['PROVINCE ECO_ACTIVITY.02', [2.84, 1.1, 2]],
  ['PROVINCE ECO_ACTIVITY.03', [214, 1.24, 0]],
  ['PROVINCE ECO_ACTIVITY.11', [18427, 1.42, 0]],
  ['MINISTRY_WITH_SERVICES AWARENESS.05', [2962, 1.17, 0]],
  ['MINISTRY_WITH_SERVICES DX_ACTIVITY.18', [64183920, 1.48, 0]],
  ['MINISTRY_WITH_SERVICES DX_ACTIVITY.26', [418, 1.2, 0]],
  ['MINISTRY_WITH_SERVICES DX_ACTIVITY.27', [24, 1.15, 0]],
  ['MINISTRY_WITHOUT_SERVICES AWARENESS.05', [2437, 1.12, 0]],
  ['MINISTRY_WITHOUT_SERVICES DX_ACTIVITY.18', [748215, 1.37, 0]],
  ['MINISTRY_WITHOUT_SERVICES DX_ACTIVITY.26', [126, 1.18, 0]],
  ['MINISTRY_WITHOUT_SERVICES DX_ACTIVITY.27', [11, 1.2, 0]],
]);

/**
 * Best value of an indicator scored relative to the best.
 * @param group 'PROVINCE' or the code of a peer group of ministries
 * @throws Error when the indicator has no best value
 */
export function bestValue(group: string, indicator: string, year: number): { value: number; decimals: number } {
  const [value, growth, decimals] = required(BESTS.get(`${group} ${indicator}`), `a best value of ${indicator}`);
  const digits = 10 ** decimals;
  return { value: Math.round(value * growth ** (year - 2021) * digits) / digits, decimals };
}
