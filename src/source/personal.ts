import type { PersonalKind } from '../domain/connector.js';

/** A piece of text that looks like personal data. */
export interface PersonalMatch {
  readonly kind: PersonalKind;
  readonly text: string;
}

/** Shorter texts hold none: the shortest address is a@b.vn. */
const SHORTEST = 6;
const NOTHING: readonly PersonalMatch[] = [];
/** How such data begins; hardly any text of statistics has it, and every page is searched for it. */
const START = /(?<=[\w%+-])@(?=[a-zA-Z\d])|\+84|(?<!\w)0[\d .()-]{8}/g;
const [ZERO, NINE] = [0x30, 0x39];
/** Space, dot, hyphen and parentheses between groups of digits. */
const GROUPING = new Set([0x20, 0x2e, 0x2d, 0x28, 0x29]);
const FEWEST_DIGITS = 9;
/** What the patterns look at before and behind a number: at most two groups of a UUID. */
const CONTEXT = 12;
/** RFC 5321. */
const [MAX_LOCAL_PART, MAX_DOMAIN] = [64, 255];
const SEPARATORS = /[ .-]/g;

/**
 * Codes of provinces that a personal number begins with (Circular 07/2016/TT-BCA and its successors): those of 2004, which people keep for life.
 * Numbers of people born abroad begin with 1 to 3 and cannot be told from counts; they are found by the name of their field only.
 */
const PROVINCES = new Set(
  (
    '001 002 004 006 008 010 011 012 014 015 017 019 020 022 024 025 026 027 030 031 033 034 035 036 037 038 040 042 044 045 046 048 049 051 052 054 ' +
    '056 058 060 062 064 066 067 068 070 072 074 075 077 079 080 082 083 084 086 087 089 091 092 093 094 095 096'
  ).split(' '),
);
/** Nobody alive is older, and nobody is born later while this is in use; without years, numbers filled up with zeros would look like people. */
const [EARLIEST_BIRTH, LATEST_BIRTH] = [1910, 2040];

/** Twelve digits, also in groups of three or four; not inside a longer number, a word, or the last part of a UUID. */
const PERSONAL_NUMBER =
  /(?<![\w]|\d[.,]|[0-9a-f]{4}-[0-9a-f]{4}-)(?:0\d{11}|0\d{2}([ .-])\d{3}\1\d{3}\1\d{3}|0\d{2}[ .-]\d{3}[ .-]\d{6}|0\d{3}([ .-])\d{4}\2\d{4})(?![\w]|[.,]\d)/g;
/** Mobile numbers with the prefixes that are in use, any number as it is written abroad; also in groups. 84912345678 may be an amount. */
const PHONE =
  /(?<![\w]|\d[.,]|\d[ -])(?:(?:\+|00)84[ .-]?(?:\(0\)|0)?[2-9](?:[ .-]?\d){8,9}|0(?:3[2-9]|5[25689]|7[06-9]|8[1-9]|9[0-46-9])(?:[ .-]?\d){7})(?![ .-]?\d|[\w]|,\d)/g;
const EMAIL = /(?<![\w.%+-])[\w.%+-]{1,64}@(?:[a-z\d](?:[a-z\d-]{0,62})\.)+[a-z]{2,24}(?![\w-])/i;

/** Fields that hold the number of a person or of a telephone, in Vietnamese without marks and in English; for figures that only the name betrays. */
const NAMES: readonly (readonly [PersonalKind, RegExp])[] = [
  [
    'personal_number',
    /(^|_)(cccd|cmnd|cmt|cmtnd|so_?cccd|so_?cmnd|so_?dinh_?danh|dinh_?danh_?ca_?nhan|ma_?dinh_?danh_?ca_?nhan|can_?cuoc|can_?cuoc_?cong_?dan|citizen_?(id|number)|national_?id(_?number)?|personal_?(id|number|identification_?number)|id_?card(_?number)?|identity_?card(_?number)?)$/,
  ],
  [
    'phone',
    /(^|_)(sdt|so_?dt|dien_?thoai|so_?dien_?thoai|so_?di_?dong|phone(_?(no|number))?|mobile_?(no|number|phone)|telephone(_?number)?|msisdn)$/,
  ],
];
/** Ten digits under such a name are the tax code of a body, which may begin as a mobile number does. */
const TAX_NAME = /(^|_)(mst|ma_?so_?thue|tax_?(code|id|number|payer_?id)|tin)$/;

/**
 * Looks for personal data in a text. Texts of any length are walked once; only around what begins as such data does, they are looked at closely.
 * @returns in the order of the text
 */
export function findPersonal(text: string): readonly PersonalMatch[] {
  if (text.length < FEWEST_DIGITS && (text.length < SHORTEST || !text.includes('@'))) return NOTHING;
  let found: PersonalMatch[] | null = null;
  START.lastIndex = 0;
  for (let match = START.exec(text); match !== null; match = START.exec(text)) {
    const at = match.index;
    if (match[0] === '@') {
      found ??= [];
      found.push(...matchEmail(text.slice(Math.max(0, at - MAX_LOCAL_PART), at + MAX_DOMAIN)));
      continue;
    }
    const end = endOfNumber(text, at);
    START.lastIndex = end ?? at + 1;
    if (end === null) continue;
    found ??= [];
    found.push(...matchNumbers(text.slice(Math.max(0, at - CONTEXT), end + CONTEXT)));
  }
  return found ?? NOTHING;
}

/** Where a number ends that has enough digits, also in groups; null = it has not. */
function endOfNumber(text: string, start: number): number | null {
  let [digits, end] = [0, start];
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= ZERO && code <= NINE) {
      digits += 1;
      end = at + 1;
    } else if (at > end || !(GROUPING.has(code) || at === start)) break;
  }
  return digits < FEWEST_DIGITS ? null : end;
}

function matchNumbers(text: string): PersonalMatch[] {
  const found: PersonalMatch[] = [];
  for (const [match] of text.matchAll(PERSONAL_NUMBER)) {
    if (isPersonalNumber(match.replace(SEPARATORS, ''))) found.push({ kind: 'personal_number', text: match });
  }
  for (const [match] of text.matchAll(PHONE)) found.push({ kind: 'phone', text: match });
  return found;
}

function matchEmail(text: string): PersonalMatch[] {
  const match = EMAIL.exec(text)?.[0];
  return match === undefined ? [] : [{ kind: 'email', text: match }];
}

/** True for twelve digits that can be a personal number: province, century with sex, and year of birth. */
function isPersonalNumber(digits: string): boolean {
  if (!/^\d{12}$/.test(digits) || !PROVINCES.has(digits.slice(0, 3))) return false;
  const year = 1900 + Math.floor(Number(digits[3]) / 2) * 100 + Number(digits.slice(4, 6));
  return year >= EARLIEST_BIRTH && year <= LATEST_BIRTH;
}

/** What the values of a field are, by its name. */
export type FieldHint = PersonalKind | 'tax_code' | null;

/** Reads what the name of a field says about its values: `soCCCD`, `SĐT`, `phone_number`. */
export function readFieldHint(name: string): FieldHint {
  const plain = name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[đĐ]/g, 'd')
    .toLowerCase()
    .replace(/[^a-z\d]+/g, '_');
  if (TAX_NAME.test(plain)) return 'tax_code';
  return NAMES.find(([, pattern]) => pattern.test(plain))?.[0] ?? null;
}

/**
 * True when a value is what its field's name says. A number lost the zeros that it began with; an identity card of nine digits, or a number of somebody born
 * abroad, is told from a count by the name alone.
 */
export function fitsHint(hint: FieldHint, value: string | number): boolean {
  const digits = String(value).replace(SEPARATORS, '');
  if (hint === 'personal_number') return /^\d{9}$|^\d{12}$/.test(digits) || isPersonalNumber(digits.padStart(12, '0'));
  return hint === 'phone' && /^(?:(?:\+?84|0)?[35789]\d{8}|02\d{9})$/.test(digits);
}

/** Hides personal data in a text for people, such as the words of a source about its own error. */
export function maskPersonal(text: string): string {
  return findPersonal(text).reduce((masked, match) => masked.replaceAll(match.text, `[${match.kind}]`), text);
}
