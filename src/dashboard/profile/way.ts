import { useCallback } from 'react';
import { useAddress } from '../address.ts';

/** Id of the section that explains a figure. */
export const WHY_ID = 'why';

/** Which figure is being explained, kept in the address as `why`, and what opens another one and brings it into sight. */
export function useWhy(): { readonly code: string; readonly open: (code: string) => void } {
  const [code, setCode] = useAddress('why', 'INDEX');
  const open = useCallback(
    (next: string) => {
      setCode(next);
      const section = document.getElementById(WHY_ID);
      section?.scrollIntoView({ block: 'start' });
      section?.focus({ preventScroll: true });
    },
    [setCode],
  );
  return { code, open };
}
