/** Entries that a memo keeps: a source has some hundred bodies and some hundred periods, its figures are not kept. */
const MAX_ENTRIES = 2_000;
/** Longer texts are no names and no periods; keeping them would let a source fill the memory. */
const MAX_CHARS = 200;

/**
 * Remembers what a pure function said about a text. Bodies and periods repeat on thousands of rows: normalising a name takes 5 µs,
 * looking it up 0.05.
 */
export function remember<Result>(read: (text: string) => Result): (text: string) => Result {
  const known = new Map<string, Result>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const result = read(text);
    if (text.length > MAX_CHARS) return result;
    if (known.size >= MAX_ENTRIES) known.clear();
    known.set(text, result);
    return result;
  };
}
