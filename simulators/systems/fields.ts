/** The members of a request's JSON object; none when the body is anything else. */
export function readFields(body: string): Readonly<Record<string, unknown>> {
  try {
    const data: unknown = JSON.parse(body);
    return typeof data === 'object' && data !== null ? { ...data } : {};
  } catch {
    return {};
  }
}
