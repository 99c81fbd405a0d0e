/** A text as a source sent it or a person wrote it; JSON is put on lines of its own so that it can be read. */
export function RawText({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be scrolled by keyboard too
    <section className="raw-text" tabIndex={0} aria-label={label}>
      <pre>{indent(text)}</pre>
    </section>
  );
}

/** Puts the members of a JSON text on lines of their own and changes nothing else: parsing it would round its numbers. */
function indent(text: string): string {
  if (!/^\s*[[{]/.test(text)) return text;
  let depth = 0;
  return text.replace(/"(?:[^"\\]|\\.)*"|[[{]\s*[\]}]|[[{\]},]|\s+/g, (token, at: number) => {
    // Between two members a line feed comes anyway; the space behind a colon stays.
    if (/^\s+$/.test(token)) return token.includes('\n') || text[at - 1] === ',' ? '' : token;
    if (token.length > 1) return token;
    if (token === '[' || token === '{') depth += 1;
    if (token === ']' || token === '}') depth -= 1;
    const line = `\n${'  '.repeat(Math.max(0, depth))}`;
    return token === ']' || token === '}' ? `${line}${token}` : `${token}${line}`;
  });
}
