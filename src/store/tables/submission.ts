import { defineEntity, p } from '@mikro-orm/core';
import type { Evidence } from '../../domain/submission.js';

/** Self-reports as they came in; the newest of an entity and round is in force. */
export const SubmissionTable = defineEntity({
  name: 'SubmissionRow',
  tableName: 'submission',
  properties: {
    id: p.bigint('number').primary(),
    roundId: p.integer(),
    entityId: p.integer(),
    reviewer: p.text().nullable(),
    simulated: p.boolean(),
    contentHash: p.text(),
    submittedAt: p.datetime(),
  },
});

/** Items of self-reports: what was claimed and what was accepted. */
export const SubmissionItemTable = defineEntity({
  name: 'SubmissionItemRow',
  tableName: 'submission_item',
  properties: {
    id: p.bigint('number').primary(),
    submissionId: p.bigint('number'),
    indicatorId: p.integer(),
    state: p.text(),
    claimedValue: p.decimal('string').nullable(),
    claimedNumerator: p.decimal('string').nullable(),
    claimedDenominator: p.decimal('string').nullable(),
    acceptedValue: p.decimal('string').nullable(),
    acceptedNumerator: p.decimal('string').nullable(),
    acceptedDenominator: p.decimal('string').nullable(),
    evidence: p.json<readonly Evidence[]>(),
    reviewNote: p.text().nullable(),
  },
});
