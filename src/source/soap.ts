import { createHash, randomBytes } from 'node:crypto';
import { syncFailure } from './failure.js';
import { describeBody, type JsonObject } from './json.js';
import { childElement, childText, escapeXml, parseXml } from './xml.js';

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
const WSS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss';
const NONCE_BYTES = 16;

/** A request of one operation with flat parameters. */
export interface SoapRequest {
  /** Namespace of the operation and its parameters. */
  readonly namespace: string;
  /** Local name of the body's element. */
  readonly element: string;
  /** Local name → text, in the order of the schema. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Content of the header as XML, such as {@link writeUsernameToken}. */
  readonly header: string;
}

/** Writes a SOAP 1.1 envelope; texts are escaped. */
export function writeEnvelope(request: SoapRequest): string {
  const parameters = Object.entries(request.parameters)
    .map(([name, text]) => `<op:${name}>${escapeXml(text)}</op:${name}>`)
    .join('');
  return (
    `<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="${SOAP}" xmlns:op="${escapeXml(request.namespace)}">` +
    `<soap:Header>${request.header}</soap:Header>` +
    `<soap:Body><op:${request.element}>${parameters}</op:${request.element}></soap:Body></soap:Envelope>`
  );
}

/**
 * Writes a WS-Security header with a password digest: Base64(SHA-1(nonce + created + password)). Write a new one for every attempt, since servers
 * remember nonces.
 * @param nonce at least 8 bytes; by default 16 random ones
 * @see OASIS Web Services Security UsernameToken Profile 1.0
 */
export function writeUsernameToken(
  username: string,
  password: string,
  at: Date,
  nonce: Uint8Array = randomBytes(NONCE_BYTES),
): string {
  const created = at.toISOString().replace(/\.\d+Z$/, 'Z');
  const digest = createHash('sha1').update(nonce).update(created).update(password, 'utf8').digest('base64');
  return (
    `<wsse:Security xmlns:wsse="${WSS}-wssecurity-secext-1.0.xsd" xmlns:wsu="${WSS}-wssecurity-utility-1.0.xsd" soap:mustUnderstand="1">` +
    `<wsse:UsernameToken><wsse:Username>${escapeXml(username)}</wsse:Username>` +
    `<wsse:Password Type="${WSS}-username-token-profile-1.0#PasswordDigest">${digest}</wsse:Password>` +
    `<wsse:Nonce EncodingType="${WSS}-soap-message-security-1.0#Base64Binary">${Buffer.from(nonce).toString('base64')}</wsse:Nonce>` +
    `<wsu:Created>${created}</wsu:Created></wsse:UsernameToken></wsse:Security>`
  );
}

/** What a server says went wrong. */
export interface SoapFault {
  /** Without its prefix: `Client`, `Server`, `FailedAuthentication`. */
  readonly faultCode: string;
  readonly message: string;
  /** Text of `Code` in the detail's first element; null = none. */
  readonly detailCode: string | null;
}

/**
 * Reads the body of a SOAP envelope.
 * @param lists local names of elements that are always arrays
 * @throws PlatformError SYNC_PROTOCOL when the text is not well-formed XML or not an envelope
 */
export function parseEnvelope(text: string, lists: readonly string[]): JsonObject {
  const body = childElement(childElement(parseXml(text, lists), 'Envelope'), 'Body');
  if (body !== null) return body;
  throw syncFailure('SYNC_PROTOCOL', `Expected a SOAP envelope with a body, received ${describeBody(text)}.`);
}

/** The fault in a SOAP body; null when there is none. */
export function readFault(body: JsonObject): SoapFault | null {
  const fault = childElement(body, 'Fault');
  if (fault === null) return null;
  const detail = childElement(fault, 'detail');
  const inside = Object.keys(detail ?? {}).find((name) => !name.startsWith('@') && name !== '#text');
  return {
    faultCode: (childText(fault, 'faultcode') ?? '').replace(/^.*:/, ''),
    message: childText(fault, 'faultstring') ?? '',
    detailCode: inside === undefined ? null : childText(childElement(detail, inside), 'Code'),
  };
}
