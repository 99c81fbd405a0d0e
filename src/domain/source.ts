import type { Name } from './entity.js';
import { PlatformError } from './errors.js';

/** Where an observation comes from. */
export const SOURCE_KINDS = ['NATIONAL_DATABASE', 'WEB_MEASUREMENT', 'SURVEY', 'EXPERT', 'SELF_REPORT'] as const;
/** See {@link SOURCE_KINDS}. */
export type SourceKind = (typeof SOURCE_KINDS)[number];

/** The life of a source. */
export const SOURCE_STATUSES = ['DRAFT', 'CHECKED', 'ACTIVE', 'PAUSED', 'RETIRED'] as const;
/** See {@link SOURCE_STATUSES}. */
export type SourceStatus = (typeof SOURCE_STATUSES)[number];

/** What people do with a source that changes its status. */
export const SOURCE_ACTIONS = ['register', 'pass check', 'fail check', 'activate', 'pause', 'retire'] as const;
/** See {@link SOURCE_ACTIONS}. */
export type SourceAction = (typeof SOURCE_ACTIONS)[number];

/**
 * The one table of the life of a source: a draft is checked before it is activated, and a retired source stays retired. A new version or a check of a source
 * in use does not stop it.
 */
const NEXT: Readonly<Record<SourceStatus, Partial<Readonly<Record<SourceAction, SourceStatus>>>>> = {
  DRAFT: { register: 'DRAFT', 'pass check': 'CHECKED', 'fail check': 'DRAFT', retire: 'RETIRED' },
  CHECKED: {
    ...{ register: 'DRAFT', 'pass check': 'CHECKED', 'fail check': 'DRAFT' },
    ...{ activate: 'ACTIVE', retire: 'RETIRED' },
  },
  ACTIVE: {
    ...{ register: 'ACTIVE', 'pass check': 'ACTIVE', 'fail check': 'ACTIVE' },
    ...{ activate: 'ACTIVE', pause: 'PAUSED', retire: 'RETIRED' },
  },
  PAUSED: {
    ...{ register: 'PAUSED', 'pass check': 'PAUSED', 'fail check': 'PAUSED' },
    ...{ activate: 'ACTIVE', retire: 'RETIRED' },
  },
  RETIRED: {},
};

/**
 * The status after an action.
 * @throws PlatformError SOURCE_STATE when the status does not allow it
 */
export function nextStatus(key: string, status: SourceStatus, action: SourceAction): SourceStatus {
  const next = NEXT[status][action];
  if (next !== undefined) return next;
  const allowed = Object.keys(NEXT[status]).filter((each) => each !== 'fail check');
  const hint = allowed.length === 0 ? 'Register its successor under another key.' : `It allows: ${allowed.join(', ')}.`;
  throw new PlatformError(
    'SOURCE_STATE',
    `The source "${key}" is ${status}, which does not allow "${action}". ${hint}`,
    { details: { key, status, action } },
  );
}

/** True for the kinds that count as measured automatically: nobody assessed reported the figure about itself. */
export function isAutomatic(kind: SourceKind): boolean {
  return kind === 'NATIONAL_DATABASE' || kind === 'WEB_MEASUREMENT';
}

/** A dataset and its producer (OWID: origin). */
export interface Source {
  readonly id: number;
  /** Stable, people read it: `einvoice`. */
  readonly key: string;
  readonly name: Name;
  /** The body that answers for the data. */
  readonly owner: Name;
  readonly kind: SourceKind;
  readonly status: SourceStatus;
  /** True when a simulator stands in for the real system. */
  readonly simulated: boolean;
  readonly version: number;
  readonly citation: Name;
  readonly licence: string;
  /** The newest good run may be this old before the source is stale, in seconds; null = never stale. */
  readonly freshnessLimitSeconds: number | null;
}
