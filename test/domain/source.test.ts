import { describe, expect, it } from 'vitest';
import { PlatformError } from '../../src/domain/errors.js';
import {
  nextStatus,
  SOURCE_ACTIONS,
  SOURCE_STATUSES,
  type SourceAction,
  type SourceStatus,
} from '../../src/domain/source.js';

const statusAfter = (status: SourceStatus, action: SourceAction): string => {
  try {
    return nextStatus('einvoice', status, action);
  } catch (error) {
    return error instanceof PlatformError ? error.code : 'unforeseen';
  }
};

describe('nextStatus', () => {
  const NO = 'SOURCE_STATE';
  it.each<[SourceStatus, ...string[]]>([
    // register, pass check, fail check, activate, pause, retire
    ['DRAFT', 'DRAFT', 'CHECKED', 'DRAFT', NO, NO, 'RETIRED'],
    ['CHECKED', 'DRAFT', 'CHECKED', 'DRAFT', 'ACTIVE', NO, 'RETIRED'],
    ['ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE', 'PAUSED', 'RETIRED'],
    ['PAUSED', 'PAUSED', 'PAUSED', 'PAUSED', 'ACTIVE', NO, 'RETIRED'],
    ['RETIRED', NO, NO, NO, NO, NO, NO],
  ])('from %s', (status, ...expected) => {
    expect(SOURCE_ACTIONS.map((action) => statusAfter(status, action))).toEqual(expected);
  });

  it('knows every status, and says what is allowed', () => {
    for (const status of SOURCE_STATUSES) expect(statusAfter(status, 'retire')).not.toBe('unforeseen');
    expect(() => nextStatus('einvoice', 'DRAFT', 'activate')).toThrow('It allows: register, pass check, retire.');
  });
});
