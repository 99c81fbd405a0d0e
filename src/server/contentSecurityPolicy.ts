const DIRECTIVES: Readonly<Record<string, string>> = {
  'default-src': "'self'",
  'script-src': "'self'",
  'connect-src': "'self'",
  'object-src': "'none'",
  'base-uri': "'none'",
  'form-action': "'self'",
  'frame-ancestors': "'none'",
};

/**
 * What a page may load: nothing but from this server, so that it works where there is no internet, and tells nobody who reads it.
 * @param own directives that the page needs beside or instead of those
 * @returns the value of the header `content-security-policy`
 */
export function contentSecurityPolicy(own: Readonly<Record<string, string>>): string {
  return Object.entries({ ...DIRECTIVES, ...own })
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join('; ');
}
