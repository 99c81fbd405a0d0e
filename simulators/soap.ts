import { createHash } from 'node:crypto';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { isTimely, type WireAnswer } from './exchange.js';
import { isSameText, type UsedOnce } from './gate.js';

/** Namespace of the operation and its rows. */
export const EINVOICE_NAMESPACE = 'urn:vn:gov:tax:einvoice:statistics:1';
const SOAP_NAMESPACE = 'http://schemas.xmlsoap.org/soap/envelope/';

/** An XML element as data: children and `@attribute`s by local name; text alone when it has nothing else. */
export type XmlNode = Readonly<Record<string, unknown>>;

const FAULT_CODES = {
  AUTH_FAILED: 'wsse:FailedAuthentication',
  AUTH_REPLAY: 'wsse:FailedAuthentication',
  AUTH_EXPIRED: 'wsse:MessageExpired',
  OPERATION_UNKNOWN: 'soap:Client',
  REQUEST_INVALID: 'soap:Client',
  PAGE_INVALID: 'soap:Client',
  RESULT_SET_EXPIRED: 'soap:Client',
  SYSTEM_ERROR: 'soap:Server',
  BUSY: 'soap:Server',
} as const;

/** A refusal in SOAP's words. */
export interface SoapFault {
  readonly code: keyof typeof FAULT_CODES;
  readonly message: string;
}

/** Writes text so that it is text in XML, also within quotes. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function envelope(status: number, body: string): WireAnswer {
  const open = `<soap:Envelope xmlns:soap="${SOAP_NAMESPACE}" xmlns:einv="${EINVOICE_NAMESPACE}"><soap:Body>`;
  return {
    status,
    headers: { 'content-type': 'text/xml; charset=utf-8' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${open}${body}</soap:Body></soap:Envelope>\n`,
  };
}

/** Answers a body. */
export function soapAnswer(body: string): WireAnswer {
  return envelope(200, body);
}

/** Answers a fault; SOAP 1.1 over HTTP has status 500 for all of them. */
export function soapFault({ code, message }: SoapFault): WireAnswer {
  const wsse = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';
  const faultcode = `<faultcode xmlns:wsse="${wsse}">${FAULT_CODES[code]}</faultcode>`;
  const detail = `<detail><einv:Error><einv:Code>${code}</einv:Code></einv:Error></detail>`;
  return envelope(
    500,
    `<soap:Fault>${faultcode}<faultstring>${escapeXml(message)}</faultstring>${detail}</soap:Fault>`,
  );
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
});

/**
 * The child element of a name.
 * @returns null when there is none, or more than one
 */
export function childNode(node: XmlNode | null, name: string): XmlNode | null {
  const child = node === null ? null : node[name];
  if (typeof child === 'string') return { '#text': child };
  return typeof child === 'object' && child !== null && !Array.isArray(child) ? { ...child } : null;
}

/** The text of a child element; null when there is no such child. */
export function childText(node: XmlNode | null, name: string): string | null {
  const text = childNode(node, name)?.['#text'];
  return typeof text === 'string' ? text.trim() : null;
}

/**
 * Reads a SOAP envelope.
 * @returns null when the text is not well-formed, declares a document type (entities are an attack), or is no envelope
 */
export function parseEnvelope(text: string): { readonly header: XmlNode | null; readonly body: XmlNode } | null {
  if (text.includes('<!DOCTYPE') || XMLValidator.validate(text) !== true) return null;
  const document: XmlNode = parser.parse(text);
  const root = childNode(document, 'Envelope');
  const body = childNode(root, 'Body');
  return body === null ? null : { header: childNode(root, 'Header'), body };
}

/**
 * Checks a WS-Security UsernameToken with a password digest: Base64(SHA-1(nonce + created + password)).
 * @returns null when the sender is who it says
 * @see OASIS Web Services Security UsernameToken Profile 1.0, section 3.1
 */
export function checkUsernameToken(
  header: XmlNode | null,
  known: { readonly username: string; readonly password: string },
  nonces: UsedOnce,
  now: Date,
): SoapFault | null {
  const security = childNode(header, 'Security');
  const token = childNode(security, 'UsernameToken');
  const [created, encoded] = [childText(token, 'Created') ?? '', childText(token, 'Nonce') ?? ''];
  const nonce = Buffer.from(encoded, 'base64');
  const digest = createHash('sha1').update(nonce).update(created).update(known.password).digest('base64');
  const isKnown = isSameText(childText(token, 'Username') ?? '', known.username);
  const type = childNode(token, 'Password')?.['@Type'];
  const isDigest = typeof type === 'string' && type.endsWith('#PasswordDigest');
  if (!isSameText(childText(token, 'Password') ?? '', digest) || !isKnown || !isDigest || nonce.length < 8)
    return { code: 'AUTH_FAILED', message: 'User name or password digest is wrong.' };
  const expires = childText(childNode(security, 'Timestamp'), 'Expires');
  if (!isTimely(created, now) || (expires !== null && !(Date.parse(expires) > now.getTime())))
    return { code: 'AUTH_EXPIRED', message: 'The message has expired; compare the clocks.' };
  if (!nonces.take(nonce.toString('base64'), now.getTime()))
    return { code: 'AUTH_REPLAY', message: 'The nonce was used before.' };
  return null;
}
