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
  const before = useRef<{ readonly what: string; readonly places: ReadonlyMap<string, Place> } | null>(null);
  useLayoutEffect(() => {
    const places = new Map<string, Place>();
    const rows = list.current?.querySelectorAll<HTMLElement>('[data-id]') ?? [];
    for (const [index, row] of [...rows].entries()) {
      const id = row.dataset.id ?? '';
      // Without the move that may be under way.
      const top = row.offsetTop;
      places.set(id, { index, top });
      const old = before.current?.what === what ? before.current.places.get(id) : undefined;
      // Rows that only became higher, or lie below one that did, have not moved.
      if (old === undefined || old.index === index || isStill()) continue;
      row.animate([{ transform: `translateY(${old.top - top}px)` }, { transform: 'none' }], {
        duration: MOVE_MS,
        easing: 'cubic-bezier(0.2, 0, 0, 1)',
      });
    }
    before.current = { what, places };
  });
}

interface Place {
  readonly index: number;
  readonly top: number;
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
