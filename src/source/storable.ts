/** A text that a database takes: PostgreSQL has neither NUL nor half a surrogate pair in its texts. */
export function cleanText(text: string): string {
  return text.isWellFormed() && !text.includes('\0') ? text : text.toWellFormed().replaceAll('\0', '\uFFFD');
}

/** JSON data whose texts and member names a database takes; one NUL in a bad row would otherwise stop the run that quarantines it. */
export function makeStorable(data: unknown): unknown {
  if (typeof data === 'string') return cleanText(data);
  if (Array.isArray(data)) return data.map(makeStorable);
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, member]) => [cleanText(key), makeStorable(member)]));
}

/** A row written as JSON, as data that a database takes; what is no JSON any more, since a secret in it was hidden, stays text. */
export function readStorable(json: string): unknown {
  try {
    return makeStorable(JSON.parse(json));
  } catch {
    return cleanText(json);
  }
}

/** True for JSON data that a database takes as it is. */
export function isStorable(data: unknown): boolean {
  return JSON.stringify(makeStorable(data)) === JSON.stringify(data);
}
