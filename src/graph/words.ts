import 'reflect-metadata';
import { registerEnumType } from 'type-graphql';
import type { Role } from '../access/viewer.js';
import type { AlertKind, AlertSeverity } from '../domain/alert.js';
import type { Certainty, EntityLevel } from '../domain/entity.js';
import type { MeasureKind, MissingRule, ScoringRule } from '../domain/framework.js';
import type { MergeReason } from '../domain/mergePolicy.js';
import type { ObsStatus } from '../domain/observation.js';
import type { RoundStatus } from '../domain/round.js';
import type { SnapshotStatus } from '../domain/snapshot.js';
import type { SourceKind, SourceStatus } from '../domain/source.js';
import type { ItemState } from '../domain/submission.js';
import type { RunMode, SyncStatus } from '../domain/syncRun.js';
import type { DeliveryState, WebhookStatus } from '../domain/webhook.js';

/** Makes a GraphQL enum of the words of a domain type; a word that is missing here does not compile. */
export function words<Word extends string>(
  name: string,
  description: string,
  meanings: Readonly<Record<Word, string>>,
) {
  const entries = Object.entries<string>(meanings).map(([word, meaning]) => ({
    key: word.toUpperCase(),
    word,
    meaning,
  }));
  const values = Object.fromEntries(entries.map(({ key, word }) => [key, word]));
  const valuesConfig = Object.fromEntries(entries.map(({ key, meaning }) => [key, { description: meaning }]));
  registerEnumType(values, { name, description, valuesConfig });
  return values;
}

/** A language of names. */
export type Lang = 'VI' | 'EN';

/** GraphQL enum of {@link Lang}. */
export const LangWord = words<Lang>('Lang', 'A language in which names are kept.', {
  VI: 'Vietnamese, the official form.',
  EN: 'English, without diacritics.',
});

/** GraphQL enum of {@link EntityLevel}. */
export const EntityLevelWord = words<EntityLevel>('EntityLevel', 'What kind of body is assessed.', {
  PROVINCE: 'A province or centrally run municipality.',
  MINISTRY: 'A ministry, ministerial-level agency or other central body.',
  COMMUNE: 'A commune; none are loaded yet.',
  NATIONAL: 'The nation; it has no entity yet, published references do.',
});

/** GraphQL enum of {@link Certainty}; in upper case on the wire. */
export const CertaintyWord = words<Certainty>('Certainty', 'How sure a figure of the reference data is.', {
  published: 'Stands in an official publication.',
  derived: 'Follows from published figures by arithmetic.',
  inferred: 'Concluded from other facts.',
  approximate: 'A rounded or estimated figure.',
  recalled: 'Known from memory, without a document at hand.',
  illustrative: 'Made up to show how the platform works; never official.',
  unknown: 'Not known.',
});

/** GraphQL enum of {@link MeasureKind}. */
export const MeasureKindWord = words<MeasureKind>('MeasureKind', 'What a measure is in its framework.', {
  INDEX: 'The overall index; its code is INDEX in every framework.',
  PILLAR: 'Trụ cột: digital government, economy or society; a second roll-up of the main indexes, provinces only.',
  MAIN_INDEX: 'Chỉ số chính: a main index, made of indicators.',
  INDICATOR: 'Chỉ số thành phần: the smallest measure, made from one figure.',
});

/** GraphQL enum of {@link MissingRule}. */
export const MissingRuleWord = words<MissingRule>('MissingRule', 'What a missing value costs.', {
  LOSES_POINTS: 'Its points: they count as possible but not earned.',
  EXCLUDE_AND_RESCALE: 'Nothing: it is left out, and the rest is scaled up to the full maximum.',
});

/** GraphQL enum of the kinds of {@link ScoringRule}. */
export const RuleKindWord = words<ScoringRule['kind']>(
  'ScoringRuleKind',
  'How a figure becomes a share of the points.',
  {
    YES_NO: 'All points for 1, none for 0.',
    RATIO: 'numerator / denominator, at most 1.',
    RATIO_CAPPED: '(numerator / denominator) / target, at most 1.',
    TIERED: 'The share of the highest tier that the value reaches, 0 below the first.',
    RELATIVE_TO_BEST: 'value / best value of the peer group.',
    SURVEY_MEAN: '(mean - 1) / (scale - 1).',
  },
);

/** GraphQL enum of {@link RoundStatus}. */
export const RoundStatusWord = words<RoundStatus>('RoundStatus', 'The life of an assessment round.', {
  DRAFT: 'Being prepared.',
  OPEN: 'Collecting; scores are provisional.',
  VERIFYING: 'Closed for new figures, not published.',
  PUBLISHED: 'Published and sealed.',
});

/** GraphQL enum of {@link SnapshotStatus}. */
export const SnapshotStatusWord = words<SnapshotStatus>('SnapshotStatus', 'The life of a snapshot.', {
  PROVISIONAL: 'A result of the moment; a later one replaces it.',
  PUBLISHED: 'The sealed result of its round.',
});

/** What has become of a row of a live list. */
export type ChangeKind = 'CHANGED' | 'ADDED' | 'REMOVED';

/** GraphQL enum of {@link ChangeKind}. */
export const ChangeKindWord = words<ChangeKind>('ChangeKind', 'What has become of a row of a live list.', {
  CHANGED: 'It differs.',
  ADDED: 'It was not there before; so are all rows of a complete update.',
  REMOVED: 'It is not there any more.',
});

/** GraphQL enum of {@link AlertKind}. */
export const AlertKindWord = words<AlertKind>('AlertKind', 'What alerts are about.', {
  RANK_FALL:
    'An entity lost places in the index: in a published round against the year before, in an open one since the beginning of the day.',
  STALE_SOURCE: 'The newest good run of an active source is older than its freshness limit.',
  FAILED_RUN: 'A run of a source failed; over when a later one is good.',
});

/** GraphQL enum of {@link AlertSeverity}. */
export const AlertSeverityWord = words<AlertSeverity>('AlertSeverity', 'How soon somebody should look.', {
  INFO: 'When there is time.',
  WARNING: 'Soon; it may mend itself.',
  CRITICAL: 'Now: it does not mend itself, or is twice what makes an alert.',
});

/** GraphQL enum of {@link WebhookStatus}. */
export const WebhookStatusWord = words<WebhookStatus>('WebhookStatus', 'Whether messages are sent to a webhook.', {
  ACTIVE: 'They are.',
  PAUSED: 'They are not: somebody has paused it, or it has accepted nothing for a day.',
  REMOVED: 'They are not, for good.',
});

/** GraphQL enum of {@link DeliveryState}. */
export const DeliveryStateWord = words<DeliveryState>('DeliveryState', 'Where a message to a webhook stands.', {
  PENDING: 'It is sent, or will be again.',
  DELIVERED: 'The receiver has accepted it.',
  FAILED: 'It is not sent again.',
});

/** GraphQL enum of {@link SourceKind}. */
export const SourceKindWord = words<SourceKind>('SourceKind', 'Where observations come from.', {
  NATIONAL_DATABASE: 'A national database or platform; counts as measured automatically.',
  WEB_MEASUREMENT: 'Measured on public websites; counts as measured automatically.',
  SURVEY: 'Answers of citizens or enterprises.',
  EXPERT: 'A judgement of experts.',
  SELF_REPORT: 'Reported by the assessed body about itself, after review.',
});

/** GraphQL enum of {@link SourceStatus}. */
export const SourceStatusWord = words<SourceStatus>('SourceStatus', 'The life of a source.', {
  DRAFT: 'Registered, not checked.',
  CHECKED: 'It answered a trial; not read yet.',
  ACTIVE: 'It is read on schedule.',
  PAUSED: 'Reading is stopped for now.',
  RETIRED: 'It is not read any more; its observations stay.',
});

/** GraphQL enum of {@link ObsStatus}, the letters of SDMX. */
export const ObsStatusWord = words<ObsStatus>('ObsStatus', 'SDMX observation status.', {
  A: 'Normal value.',
  E: 'Estimated value.',
  P: 'Provisional value.',
  O: 'Missing value.',
  M: 'Missing because it cannot exist.',
});

/** GraphQL enum of {@link RunMode}; in upper case on the wire. */
export const SyncModeWord = words<RunMode>('SyncMode', 'How a run reads a source.', {
  FULL_REFRESH: 'All that there is.',
  INCREMENTAL: 'What changed since the last good run.',
  REPLAY: 'Nothing: rows in quarantine are mapped again.',
});

/** GraphQL enum of {@link SyncStatus}. */
export const SyncStatusWord = words<SyncStatus>('SyncStatus', 'The life of a sync run.', {
  RUNNING: 'Under way.',
  SUCCEEDED: 'Everything that was read is kept.',
  SUCCEEDED_WITH_REJECTS: 'Good, but some records were refused and quarantined.',
  FAILED: 'It changed nothing that is served.',
  CANCELLED: 'Stopped before its first page was kept; it changed nothing that is served.',
});

/** GraphQL enum of {@link ItemState}. */
export const ItemStateWord = words<ItemState>('SubmissionItemState', 'State of one item of a self-report.', {
  DRAFT: 'Being written.',
  SUBMITTED: 'Waiting for review.',
  ACCEPTED: 'The reviewer let the claim stand.',
  ADJUSTED: 'The reviewer replaced the claim by another figure.',
  RETURNED: 'Sent back to the body.',
});

/** GraphQL enum of {@link MergeReason}. */
export const MergeReasonWord = words<MergeReason>('MergeReason', 'Why an observation was chosen or not.', {
  ONLY_CANDIDATE: 'Chosen: nothing else was in the running.',
  HIGHEST_PRECEDENCE: 'Chosen: its kind of source goes first under the merge policy.',
  LATEST_PERIOD: 'Chosen: it tells of the latest part of the year.',
  LATEST_REVISION: 'Chosen: of the sources of its kind that tell of the same period it was learnt last.',
  LOWER_PRECEDENCE: 'Not chosen: another kind of source goes first.',
  EARLIER_PERIOD: 'Not chosen: the same source, or another of its kind, tells of a later part of the year.',
  EARLIER_REVISION: 'Not chosen: another source of its kind tells of the same period, and was learnt later.',
  SUPERSEDED: 'Not chosen: the source itself corrected it.',
  DELETED: 'Not chosen: the source withdrew it.',
  MISSING_VALUE: 'Not chosen: it says that there is no value.',
  NOT_IN_POLICY: 'Not chosen: the policy does not admit its kind of source.',
  NO_CANDIDATE: 'Nothing is chosen: there was nothing to choose from.',
});

/** GraphQL enum of {@link Role}; in upper case on the wire. */
export const RoleWord = words<Role>('Role', 'What somebody may do, from the least to the most.', {
  public: 'Read what is published; nobody has signed in, or the token names no role.',
  officer: 'Speak for one entity, the own one.',
  reviewer: 'Judge what entities report about themselves.',
  integrator: 'Register, configure and run sources.',
  admin: 'Everything, with API keys and the audit.',
});

/** Whether requests to a host are let through. */
export type CircuitState = 'CLOSED' | 'OPEN' | 'HALF_OPEN';

/** GraphQL enum of {@link CircuitState}. */
export const CircuitStateWord = words<CircuitState>('CircuitState', 'Whether requests to a host are let through.', {
  CLOSED: 'All are.',
  OPEN: 'None is: it failed too often in a row and is left alone for a while.',
  HALF_OPEN: 'One is, to see whether the host is back.',
});

/** Where a version of a source stands. */
export type SourceVersionStatus = 'IN_USE' | 'CHECKED' | 'DRAFT';

/** GraphQL enum of {@link SourceVersionStatus}. */
export const SourceVersionStatusWord = words<SourceVersionStatus>(
  'SourceVersionStatus',
  'Where a version of a source stands.',
  {
    IN_USE: 'The source is read with it, or was until it was paused.',
    CHECKED: 'It passed its check and may be activated; earlier versions too, to go back to them.',
    DRAFT: 'It has not passed a check.',
  },
);
