/** Whether a client has these bytes already: `If-None-Match` names them, or anything. Weak names are compared as if they were not (RFC 9110). */
export function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const bare = (name: string): string => name.trim().replace(/^W\//, '');
  return header.trim() === '*' || header.split(',').some((each) => bare(each) === bare(etag));
}
