/** Hides secrets in text that people or tables will see. */
export interface Redactor {
  redact(text: string): string;
  /** Hides one more value from now on, such as an access token. */
  add(secret: string): void;
}

const MASK = '[secret]';
/** Shorter pieces of base64 would hide innocent text. */
const SHORTEST_BASE64 = 6;

/**
 * Makes a redactor for a source's secrets: each is hidden as it is and as URLs, JSON, XML, hexadecimal and base64 write it, also in the middle of
 * a longer base64 text such as a Basic header.
 */
export function createRedactor(secrets: Readonly<Record<string, string>>): Redactor {
  let forms: readonly string[] = [];
  const add = (secret: string): void => {
    if (secret === '' || forms.includes(secret)) return;
    // The longest first, so that a secret inside another one does not leave the rest of it readable.
    forms = [...new Set([...forms, ...writeForms(secret)])].sort((left, right) => right.length - left.length);
  };
  for (const secret of Object.values(secrets)) add(secret);
  return { redact: (text) => forms.reduce((hidden, form) => hidden.replaceAll(form, MASK), text), add };
}

/** All spellings of a secret that a message may carry. */
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
    ...writeBase64(secret),
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
