import type { EntityLevel, Name } from './entity.js';
import { VIETNAM_MS } from './period.js';

/** What alerts are about. */
export const ALERT_KINDS = ['RANK_FALL', 'STALE_SOURCE', 'FAILED_RUN'] as const;
/** See {@link ALERT_KINDS}. */
export type AlertKind = (typeof ALERT_KINDS)[number];

/** How soon somebody should look. */
export const ALERT_SEVERITIES = ['INFO', 'WARNING', 'CRITICAL'] as const;
/** See {@link ALERT_SEVERITIES}. */
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number];

/** What an alert knows of its matter when it is raised; a part that does not go with its kind is absent. */
export interface AlertFacts {
  /** RANK_FALL: the ranks in the two snapshots, and how many places make an alert. */
  readonly rank?: number;
  readonly previousRank?: number;
  readonly threshold?: number;
  /** STALE_SOURCE: ISO time of the last good run; null = there was none. */
  readonly lastGoodRunAt?: string | null;
  readonly freshnessLimitSeconds?: number;
  /** FAILED_RUN: a code of the table of errors, never what was found. */
  readonly errorCode?: string;
}

/** An alert before it is written. */
export interface NewAlert {
  /** Says what happened: the same is raised once, however many workers notice it. */
  readonly key: string;
  readonly kind: AlertKind;
  readonly severity: AlertSeverity;
  readonly entityId: number | null;
  readonly sourceId: number | null;
  readonly syncRunId: number | null;
  readonly roundId: number | null;
  readonly snapshotId: number | null;
  /** RANK_FALL: the snapshot that it fell from. */
  readonly comparedSnapshotId: number | null;
  /** True = it comes from a result that is not published, and is shown only where those are. */
  readonly provisional: boolean;
  readonly facts: AlertFacts;
  readonly openedAt: Date;
}

/** An alert as it stands at a revision. */
export interface Alert extends NewAlert {
  readonly id: number;
  /** The revision at which it was raised. */
  readonly revision: number;
  /** When its matter was over; null = it is open. What is final from the beginning, such as a published fall, was never open. */
  readonly resolvedAt: Date | null;
  readonly resolvedRevision: number | null;
}

/** When alerts of a kind are raised; for RANK_FALL one rule per level. */
export interface AlertRule {
  readonly kind: AlertKind;
  /** Null unless RANK_FALL. */
  readonly level: string | null;
  /** RANK_FALL: places, 1 or more; null for the others. */
  readonly threshold: number | null;
  readonly enabled: boolean;
}

/** What a message names. */
export interface AlertNames {
  readonly entity: Name | null;
  readonly source: Name | null;
  readonly round: { readonly level: EntityLevel; readonly year: number } | null;
}

/** What the bodies of a round are called where it is named by its year. */
const BODIES: Readonly<Record<EntityLevel, Name>> = {
  PROVINCE: { vi: 'Tỉnh, thành', en: 'Provinces' },
  MINISTRY: { vi: 'Bộ, ngành', en: 'Ministries' },
  COMMUNE: { vi: 'Xã, phường', en: 'Communes' },
  NATIONAL: { vi: 'Quốc gia', en: 'Nation' },
};

/** Says in words what an alert is about, for everybody: never what a source answered, nor where it is. */
export function alertMessage(
  { kind, facts, provisional }: Pick<NewAlert, 'kind' | 'facts' | 'provisional'>,
  names: AlertNames,
): Name {
  const { entity, source, round } = names;
  if (kind === 'RANK_FALL') {
    const [rank = 0, previous = 0] = [facts.rank, facts.previousRank];
    const places = rank - previous;
    const of = nameRound(round);
    const inVietnamese = provisional ? 'kết quả tạm tính, so với đầu ngày' : 'kết quả công bố, so với năm trước';
    const inEnglish = provisional
      ? 'provisional, since the beginning of the day'
      : 'published, against the year before';
    return {
      vi: `${entity?.vi ?? '?'} tụt ${places} bậc, từ hạng ${previous} xuống hạng ${rank} (${of.vi}, ${inVietnamese}).`,
      en: `${entity?.en ?? '?'} fell ${places} place${places === 1 ? '' : 's'}, from rank ${previous} to ${rank} (${of.en}, ${inEnglish}).`,
    };
  }
  if (kind === 'STALE_SOURCE') {
    const since = facts.lastGoodRunAt ? inVietnam(facts.lastGoodRunAt) : null;
    return {
      vi: `Nguồn ${source?.vi ?? '?'} đã quá hạn: ${since === null ? 'chưa có lần đọc thành công nào' : `lần đọc thành công gần nhất là ${since} giờ Việt Nam`}.`,
      en: `The source ${source?.en ?? '?'} is stale: ${since === null ? 'it has never been read well' : `it was last read well at ${since} in Vietnam`}.`,
    };
  }
  return {
    vi: `Lần đọc nguồn ${source?.vi ?? '?'} thất bại (${facts.errorCode}).`,
    en: `A run of the source ${source?.en ?? '?'} failed (${facts.errorCode}).`,
  };
}

/** As officials say it: `Provinces 2023`. */
function nameRound(round: AlertNames['round']): Name {
  if (round === null) return { vi: '?', en: '?' };
  const { vi, en } = BODIES[round.level];
  return { vi: `${vi} ${round.year}`, en: `${en} ${round.year}` };
}

/** A time to the minute: `2026-03-01 09:30`. */
function inVietnam(time: string): string {
  return new Date(Date.parse(time) + VIETNAM_MS).toISOString().slice(0, 16).replace('T', ' ');
}
