import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react';

const MOVE_MS = 600;
const FLASH_MS = 2_000;

function isStill(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/**
 * Lets the rows of a list glide from where they were to where they are, whenever their order changes.
 * @param list holds children with `data-id`
 * @param what another list begins where it is, without a move
 */
export function useMoving(list: RefObject<HTMLElement | null>, what: string): void {
  const before = useRef<{ readonly what: string; readonly tops: ReadonlyMap<string, number> } | null>(null);
  useLayoutEffect(() => {
    const tops = new Map<string, number>();
    for (const row of list.current?.querySelectorAll<HTMLElement>('[data-id]') ?? []) {
      const id = row.dataset.id ?? '';
      // The place without the move that may be under way.
      const top = row.offsetTop;
      tops.set(id, top);
      const old = before.current?.what === what ? before.current.tops.get(id) : undefined;
      if (old === undefined || old === top || isStill()) continue;
      row.animate([{ transform: `translateY(${old - top}px)` }, { transform: 'none' }], {
        duration: MOVE_MS,
        easing: 'cubic-bezier(0.2, 0, 0, 1)',
      });
    }
    before.current = { what, tops };
  });
}

/** Lights an element up for a moment when its figure becomes another one. */
export function useFlash<Target extends HTMLElement>(figure: string): RefObject<Target | null> {
  const target = useRef<Target>(null);
  const before = useRef(figure);
  useEffect(() => {
    if (before.current === figure) return;
    before.current = figure;
    if (isStill()) return;
    target.current?.animate([{ backgroundColor: 'var(--accent-soft)' }, { backgroundColor: 'transparent' }], FLASH_MS);
  }, [figure]);
  return target;
}
