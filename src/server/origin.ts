import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a page of another host asks. Browsers let any page open a WebSocket anywhere, with the cookies of the one who looks at it, and say
 * whose page it is; programs that are no browsers send no Origin and are not meant.
 */
export function isForeign({ origin, host }: IncomingHttpHeaders): boolean {
  if (origin === undefined) return false;
  // Parsed alike, so that neither case nor a default port makes a difference.
  const page = URL.parse(origin);
  const here = page && URL.parse(`${page.protocol}//${host ?? ''}`);
  return page === null || page.host === '' || page.host !== here?.host;
}
