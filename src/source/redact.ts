/** Hides secrets in text that people or tables will see. */
export interface Redactor {
  redact(text: string): string;
  /** Hides one more value from now on, such as an access token. */
  add(secret: string): void;
}

const MASK = '[secret]';
/** Shorter pieces of base64 would hide innocent text. */
const SHORTEST_BASE64 = 6;
/** A shorter secret may well be a part of a name or a number, so it is hidden only where it stands alone. */
const SHORTEST_ANYWHERE = 8;
/** No letter or digit ends here, except one of an escape: `%3D` of URLs, `\n` and `\u001f` of JSON. */
const STARTS_ALONE = String.raw`(?:(?<![\p{L}\p{M}\p{N}])|(?<=%[0-9A-Fa-f]{2})|(?<=\\(?:[bfnrt]|u[0-9A-Fa-f]{4})))`;
const ENDS_ALONE = String.raw`(?![\p{L}\p{M}\p{N}])`;

/** One spelling of a secret, and what finds it in a text. */
interface Form {
  readonly text: string;
  readonly pattern: string | RegExp;
}

/**
 * Makes a redactor for a source's secrets: each is hidden as it is and as URLs, JSON, XML, hexadecimal and base64 write it, also in the middle of
 * a longer base64 text such as a Basic header. A secret of less than 8 characters is hidden only where no letter or digit stands beside it, so that rows
 * are not damaged: the secret 2026 leaves the row 12026 as it is.
 */
export function createRedactor(secrets: Readonly<Record<string, string>>): Redactor {
  let forms: readonly Form[] = [];
  const known = new Set<string>();
  const add = (secret: string): void => {
    if (secret === '' || known.has(secret)) return;
    known.add(secret);
    // The longest first, so that a secret inside another one does not leave the rest of it readable.
    forms = [...forms, ...patternsOf(secret)].sort((left, right) => right.text.length - left.text.length);
  };
  for (const secret of Object.values(secrets)) add(secret);
  return { redact: (text) => forms.reduce((hidden, { pattern }) => hidden.replaceAll(pattern, MASK), text), add };
}

/** What finds a secret in a text. Base64 is found anywhere: what stands beside it in a longer base64 text are letters. */
function patternsOf(secret: string): Form[] {
  const base64 = new Set(writeBase64(secret));
  const others = new Set(writeForms(secret).filter((form) => !base64.has(form)));
  const isShort = secret.length < SHORTEST_ANYWHERE;
  const findAlone = (text: string) =>
    new RegExp(`${STARTS_ALONE}${text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}${ENDS_ALONE}`, 'gu');
  return [
    ...[...base64].map((text) => ({ text, pattern: text })),
    ...[...others].map((text) => ({ text, pattern: isShort ? findAlone(text) : text })),
  ];
}

/** All spellings of a secret but base64 that a message may carry. */
function writeForms(secret: string): string[] {
  const encoded = encodeURIComponent(secret);
  const strict = encoded.replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
  const lowered = (text: string): string => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  const xml = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return [
    secret,
    encoded,
    lowered(encoded),
    strict,
    lowered(strict),
    new URLSearchParams({ '': secret }).toString().slice(1),
    JSON.stringify(secret).slice(1, -1),
    xml,
    xml.replaceAll('"', '&quot;'),
    xml.replaceAll('"', '&quot;').replaceAll("'", '&apos;'),
    ...writeHex(secret),
  ];
}

function writeHex(secret: string): string[] {
  const hex = Buffer.from(secret).toString('hex');
  return hex.length < SHORTEST_BASE64 ? [] : [hex, hex.toUpperCase()];
}

/**
 * Base64 of a text depends on how many bytes stand before it: for each of the three alignments, the characters that depend on the secret alone.
 */
function writeBase64(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].flatMap((before) => {
    const padded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const text = padded.replace(/=+$/, '');
    const first = Math.ceil((before * 8) / 6);
    const last = Math.floor(((before + bytes.length) * 8) / 6);
    const whole = [text.slice(first, last), ...(before === 0 ? [text, padded] : [])];
    return whole
      .flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')])
      .filter((form) => form.length >= SHORTEST_BASE64);
  });
}
