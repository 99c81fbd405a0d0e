import { useEffect, useRef, useState } from 'react';
import { type Moves, movesBetween } from './move.ts';

/** Nobody can listen to more; what happens in between is told together. */
const EVERY_MS = 10_000;

type Rows = ReadonlyMap<string, { readonly rank: number | null; readonly value: number | null }>;

/**
 * What to say of the ranks that changed, at most every ten seconds.
 * @param rows as shown; null = none yet
 * @param what another ranking begins without anything to say
 * @returns null until a rank has changed
 */
export function useAnnouncement(rows: Rows | null, what: string): Moves | null {
  const [said, say] = useState<Moves | null>(null);
  const told = useRef<{ readonly what: string; rows: Rows } | null>(null);
  const latest = useRef<Rows | null>(rows);
  const lastAt = useRef(0);
  useEffect(() => {
    latest.current = rows;
    if (rows === null) return;
    if (told.current?.what !== what) {
      told.current = { what, rows };
      say(null);
      return;
    }
    const tell = (): void => {
      const { current } = told;
      if (current === null || latest.current === null) return;
      const moves = movesBetween(current.rows, latest.current);
      if (moves.rankChanges === 0) return;
      lastAt.current = Date.now();
      current.rows = latest.current;
      say(moves);
    };
    const timer = setTimeout(tell, Math.max(0, lastAt.current + EVERY_MS - Date.now()));
    return () => clearTimeout(timer);
  }, [rows, what]);
  return said;
}
