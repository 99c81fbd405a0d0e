import { useCallback } from 'react';
import { useSearchParams } from 'wouter';

/**
 * One filter of a view, kept in the address, so that every view is a link.
 * @param name of the search parameter
 * @param fallback the value when the address names none; setting it takes the parameter away
 * @returns the value, and what sets it: `{ replace: true }` leaves no step behind for the button "back"
 */
export function useAddress(
  name: string,
  fallback: string,
): [string, (value: string, options?: { replace?: boolean }) => void] {
  const [params, setParams] = useSearchParams();
  const set = useCallback(
    (value: string, options: { replace?: boolean } = {}) =>
      setParams(
        (before) => {
          const after = new URLSearchParams(before);
          if (value === fallback) after.delete(name);
          else after.set(name, value);
          return after;
        },
        { replace: options.replace ?? false },
      ),
    [name, fallback, setParams],
  );
  return [params.get(name) ?? fallback, set];
}
