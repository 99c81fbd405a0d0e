import { useCallback } from 'react';
import type { EntityLevel } from './generated/operations.ts';
import { useWords } from './language.tsx';
import { FRAME_WORDS } from './text.ts';

/** Names rounds as officials do, such as "Provinces 2023"; codes are for addresses. */
export function useRoundName(): (level: EntityLevel, year: number) => string {
  const say = useWords(FRAME_WORDS);
  return useCallback((level, year) => say(`round_${level}`, { year }), [say]);
}
