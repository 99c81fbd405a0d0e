import { createHash, randomBytes } from 'node:crypto';
import { escapeXml } from './xml.js';

const WSS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss';
const NONCE_BYTES = 16;

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
