import { useSyncExternalStore } from 'react';

/** A phone; as in layout.css and ranking.css. */
const NARROW = matchMedia('(max-width: 37.5rem)');

function watch(tell: () => void): () => void {
  NARROW.addEventListener('change', tell);
  return () => NARROW.removeEventListener('change', tell);
}

/** Whether the window is so narrow that what stands above the figures has to be folded. */
export function useIsNarrow(): boolean {
  return useSyncExternalStore(watch, () => NARROW.matches);
}
