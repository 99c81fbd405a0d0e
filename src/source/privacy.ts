import type { PersonalKind, PrivacyAllowance, SourcePage } from '../domain/connector.js';
import { syncFailure } from './failure.js';
import { type FieldHint, findPersonal, fitsHint, readFieldHint } from './personal.js';

const WORDS: Readonly<Record<PersonalKind, string>> = {
  personal_number: 'the personal number of a citizen',
  phone: 'a telephone number',
  email: 'an e-mail address',
};
/** Names of parts of a document, beside its rows, in which a publisher says how to reach it. */
const PUBLISHER = /contact|publisher|maintainer|author|creator|provider|support/i;
/** What binary bodies are shown as; only their rows can be read. */
const DATA_URL = 'data:';
/** Deeper than any format lets a document be. */
const MAX_DEPTH = 200;

/** Looks at a page before anything of it is kept. */
export interface PrivacyGuard {
  /** @throws PlatformError SYNC_PRIVACY that names page, row, field and kind, never the value */
  check(page: SourcePage, sequence: number): void;
}

/** What is known of a field, by its path. */
interface Field {
  readonly path: string;
  readonly hint: FieldHint;
  readonly allowed: ReadonlySet<PersonalKind>;
  /** True when the name itself is personal data, as where people are keys. */
  readonly nameKind: PersonalKind | null;
  readonly members: Map<string, Field>;
}

/**
 * Makes the guard of one stream. Everything in a row is looked at, names of fields included; beside the rows the whole body, except for contacts that the
 * publisher states of itself.
 * @param allowances fields whose aggregates look like personal data, by their path: `contact.phone`, lists without their numbers; `body` = beside
 *   the rows
 */
export function createPrivacyGuard(stream: string, allowances: readonly PrivacyAllowance[] = []): PrivacyGuard {
  const createField = (path: string, name: string): Field => ({
    path,
    hint: readFieldHint(name),
    allowed: new Set(allowances.filter(({ field }) => field === path).map(({ kind }) => kind)),
    nameKind: findPersonal(name)[0]?.kind ?? null,
    members: new Map(),
  });
  const root = createField('', '');
  const bodyAllows = createField('body', '').allowed;
  /** Places of the current page. */
  let place = { sequence: 0, row: null as number | null };
  /** What may be in the body, because a field of a row may have it. */
  let excused = new Set<string>();

  const refuse = (kind: PersonalKind, path: string): never => {
    const { sequence, row } = place;
    const where =
      row === null ? `the ${path} beside its rows` : `row ${row}, field ${path === '' ? '(the row itself)' : path}`;
    throw syncFailure(
      'SYNC_PRIVACY',
      `Stream ${stream}, page ${sequence}: ${where} holds what looks like ${WORDS[kind]}. Only aggregates may be read, so nothing of the page was kept. Ask the source for figures without it; if it only looks alike, say so in privacy.allow.`,
      { stream, page: sequence, row, field: path, kind },
    );
  };
  const judge = (value: string | number, field: Field): void => {
    if (typeof value === 'string') {
      for (const { kind, text } of findPersonal(value)) {
        const isTaxCode = kind === 'phone' && field.hint === 'tax_code';
        if (!isTaxCode && !field.allowed.has(kind)) refuse(kind, field.path);
        excused.add(text);
      }
    }
    if (
      field.hint !== null &&
      field.hint !== 'tax_code' &&
      !field.allowed.has(field.hint) &&
      fitsHint(field.hint, value)
    )
      refuse(field.hint, field.path);
  };
  const walk = (value: unknown, field: Field, depth: number): void => {
    if (typeof value === 'string') {
      if (value.length > 5) judge(value, field);
    } else if (typeof value === 'number') {
      if (field.hint !== null) judge(value, field);
    } else if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return;
    else if (Array.isArray(value)) for (const each of value) walk(each, field, depth + 1);
    else {
      for (const name in value) {
        let member = field.members.get(name);
        if (member === undefined) {
          const path = field.path === '' ? name : `${field.path}.${name}`;
          member = createField(findPersonal(name).length > 0 ? `${field.path}[name]` : path, name);
          field.members.set(name, member);
        }
        if (member.nameKind !== null && !field.allowed.has(member.nameKind)) refuse(member.nameKind, member.path);
        walk((value as Record<string, unknown>)[name], member, depth + 1);
      }
    }
  };

  return {
    check(page, sequence) {
      excused = new Set();
      place = { sequence, row: null };
      for (const [row, { raw }] of page.rows.entries()) {
        place.row = row;
        walk(raw, root, 0);
      }
      place.row = null;
      const { body } = page.response;
      if (body.startsWith(DATA_URL)) return;
      const beside = findPersonal(body).filter(({ text }) => !excused.has(text));
      if (beside.length === 0) return;
      const contacts = contactsOf(body);
      const found = beside.find(
        ({ kind, text }) => !bodyAllows.has(kind) && (kind === 'personal_number' || !contacts.includes(text)),
      );
      if (found !== undefined) refuse(found.kind, 'body');
    },
  };
}

/** All that a publisher says of itself in a JSON document; other formats have no such place. */
function contactsOf(body: string): string {
  const said: unknown[] = [];
  const pick = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return;
    for (const [name, member] of Object.entries(value)) {
      if (PUBLISHER.test(name)) said.push(member);
      else pick(member, depth + 1);
    }
  };
  try {
    pick(JSON.parse(body), 0);
  } catch {
    return '';
  }
  return JSON.stringify(said);
}
