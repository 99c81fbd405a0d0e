import { syncFailure } from '../failure.js';
import { isJsonObject } from '../json.js';
import { escapeXml } from '../xml.js';
import type { BodySpec, RequestSpec } from './requestSchema.js';
import { compileTemplate, type Escape, type Scope } from './template.js';

const SOAP_NAMESPACES = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
} as const;

/** A request with its values, before it is authenticated. */
export interface WrittenRequest {
  readonly method: 'GET' | 'POST';
  /** Below the base URL. */
  readonly path: string;
  /** Absolute, with a query of its own, in place of base URL and path; null = none. */
  readonly url: string | null;
  /** With {@link url}: what is added to its query. */
  readonly query: Readonly<Record<string, string>>;
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** The JSON data of the body; undefined when it is none. */
  readonly data: unknown;
}

/** Writes a request for the values of a scope. */
export type RequestWriter = (scope: Scope) => WrittenRequest;

/** What all requests of a source share. */
export type SharedParts = Pick<RequestSpec, 'headers' | 'query'>;

interface WrittenBody {
  readonly text: string;
  readonly data?: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/** Compiles a request once. What a request says itself wins over what all share. */
export function compileRequest(spec: RequestSpec, shared: SharedParts): RequestWriter {
  const path = compileTemplate(spec.path);
  const query = compileScalars({ ...shared.query, ...spec.query });
  const headers = compileScalars({ ...lowerNames(shared.headers), ...lowerNames(spec.headers) });
  const body = spec.body === undefined ? null : compileBody(spec.body);
  return (scope) => {
    const written = body?.(scope) ?? null;
    return {
      method: spec.method,
      path: path.render(scope, (value) => encodeURIComponent(value)) ?? '/',
      url: null,
      query: query(scope),
      headers: checkHeaders({ ...written?.headers, ...headers(scope) }),
      body: written?.text ?? null,
      data: written?.data,
    };
  };
}

/** The whole address of a request. */
export function addressOf({ url, path, query }: WrittenRequest, baseUrl: string): string {
  const address = url ?? baseUrl.replace(/\/$/, '') + path;
  const parameters = new URLSearchParams(query).toString();
  if (parameters === '') return address;
  return `${address}${address.includes('?') ? '&' : '?'}${parameters}`;
}

/** Compiles named templates; those without a value are left out. */
export function compileScalars(
  scalars: Readonly<Record<string, string | number | boolean>>,
): (scope: Scope) => Record<string, string> {
  const templates = Object.entries(scalars).map(([name, text]) => [name, compileTemplate(String(text))] as const);
  return (scope) =>
    Object.fromEntries(
      templates.flatMap(([name, template]) => {
        const value = template.render(scope);
        return value === null ? [] : [[name, value]];
      }),
    );
}

function lowerNames<Value>(record: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name.toLowerCase(), value]));
}

/** A line break in a value would add a header of the source's choice. */
function checkHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  for (const [name, value] of Object.entries(headers)) {
    if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value) && /^[\w!#$%&'*+.^`|~-]+$/.test(name)) continue;
    throw syncFailure('SYNC_CONFIG', `The header "${name}" has a character that headers cannot carry.`);
  }
  return { ...headers };
}

function compileBody(spec: BodySpec): (scope: Scope) => WrittenBody {
  if (spec.form !== undefined) {
    const fields = compileScalars(spec.form);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return (scope) => ({ text: new URLSearchParams(fields(scope)).toString(), headers });
  }
  if (spec.soap !== undefined) return compileSoap(spec.soap);
  const template = spec.xml ?? spec.text;
  if (template !== undefined) {
    const compiled = compileTemplate(template);
    const headers: Record<string, string> = {
      'content-type': spec.xml === undefined ? 'text/plain; charset=utf-8' : 'text/xml; charset=utf-8',
    };
    const escapeValue = spec.xml === undefined ? undefined : escapeForXml;
    return (scope) => ({ text: compiled.render(scope, escapeValue) ?? '', headers });
  }
  const write = compileJson(spec.json);
  const headers = { 'content-type': 'application/json' };
  return (scope) => {
    const data = write(scope);
    return { text: JSON.stringify(data), data, headers };
  };
}

/** The security header is XML that we wrote ourselves. */
const escapeForXml: Escape = (value, name) => (name === 'securityHeader' ? value : escapeXml(value));

function compileSoap(spec: NonNullable<BodySpec['soap']>): (scope: Scope) => WrittenBody {
  const [header, body] = [compileTemplate(spec.header ?? ''), compileTemplate(spec.body)];
  const action = compileTemplate(spec.action ?? '');
  const namespace = SOAP_NAMESPACES[spec.version];
  return (scope) => {
    const headers = writeSoapHeaders(spec.version, action.render(scope));
    const security = scope.get('securityHeader') ?? '';
    const inHeader = `${security}${header.render(scope, escapeForXml) ?? ''}`;
    const text =
      `<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="${namespace}"><soap:Header>${inHeader}</soap:Header>` +
      `<soap:Body>${body.render(scope, escapeForXml) ?? ''}</soap:Body></soap:Envelope>`;
    return { text, headers };
  };
}

function writeSoapHeaders(version: '1.1' | '1.2', action: string | null): Record<string, string> {
  if (version === '1.1') return { 'content-type': 'text/xml; charset=utf-8', soapaction: `"${action ?? ''}"` };
  const parameter = action === null || action === '' ? '' : `; action="${action}"`;
  return { 'content-type': `application/soap+xml; charset=utf-8${parameter}` };
}

/** Compiles JSON data whose texts may have placeholders. A member or element whose template has no value is left out. */
function compileJson(data: unknown): (scope: Scope) => unknown {
  if (typeof data === 'string') {
    const template = compileTemplate(data);
    if (template.names.length === 0) return () => data;
    return (scope) => template.renderValue(scope) ?? undefined;
  }
  if (Array.isArray(data)) {
    const elements = data.map(compileJson);
    return (scope) => elements.map((element) => element(scope)).filter((element) => element !== undefined);
  }
  if (!isJsonObject(data)) return () => data;
  const members = Object.entries(data).map(([key, member]) => [key, compileJson(member)] as const);
  return (scope) =>
    Object.fromEntries(
      members.map(([key, member]) => [key, member(scope)]).filter(([, member]) => member !== undefined),
    );
}
