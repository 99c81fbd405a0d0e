import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { PlatformError } from '../domain/errors.js';

/** Bytes of a key. */
export const SEALING_KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const FORMAT = 'v1';

/** Seals secrets at rest. */
export interface Sealer {
  /**
   * Encrypts a secret with AES-256-GCM under a fresh nonce.
   * @param place where it belongs; it opens nowhere else, so that a sealed text cannot be moved to another source
   * @returns `v1.<key id>.<nonce, text and tag in base64url>`
   */
  seal(plain: string, place: string): string;
  /** @throws PlatformError SECRETS_KEY when no key fits, or text or place were changed; the value is never in the message */
  unseal(sealed: string, place: string): string;
  /** False when an older key sealed it, or one that is not there. */
  isCurrent(sealed: string): boolean;
  /** Whether a key that is there sealed it; it may still have been changed since. */
  hasKeyOf(sealed: string): boolean;
  /** A keyed hash, to compare a text that may hold secrets without keeping it. */
  fingerprint(text: string): string;
}

/**
 * Makes a sealer.
 * @param key seals and opens; {@link SEALING_KEY_BYTES} bytes
 * @param olderKeys only open: those from before a change of the key
 */
export function createSealer(key: Uint8Array, olderKeys: readonly Uint8Array[] = []): Sealer {
  const keys = new Map([...olderKeys, key].map((each) => [idOf(each), each]));
  const current = idOf(key);
  return {
    seal(plain, place) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(place));
      const body = Buffer.concat([iv, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${FORMAT}.${current}.${body.toString('base64url')}`;
    },
    unseal(sealed, place) {
      const [format, id = '', body = ''] = sealed.split('.');
      const fitting = keys.get(id);
      if (format !== FORMAT || fitting === undefined) {
        throw wrongKey(`A secret (${place}) was sealed with the key ${id}, and the platform has ${[...keys.keys()]}.`);
      }
      try {
        const bytes = Buffer.from(body, 'base64url');
        const decipher = createDecipheriv('aes-256-gcm', fitting, bytes.subarray(0, IV_BYTES), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(-TAG_BYTES));
        return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]).toString();
      } catch {
        throw wrongKey(`A secret (${place}) was changed after it was sealed, or belongs elsewhere.`);
      }
    },
    isCurrent: (sealed) => sealed.startsWith(`${FORMAT}.${current}.`),
    hasKeyOf(sealed) {
      const [format, id = ''] = sealed.split('.');
      return format === FORMAT && keys.has(id);
    },
    fingerprint: (text) => createHmac('sha256', key).update('fingerprint').update(text).digest('hex'),
  };
}

/** Tells keys apart without telling anything of them. */
function idOf(key: Uint8Array): string {
  return createHash('sha256').update('sealing key').update(key).digest('hex').slice(0, 8);
}

function wrongKey(what: string): PlatformError {
  return new PlatformError(
    'SECRETS_KEY',
    `${what} Put the right key into SECRETS_KEY_FILE (or DATA_DIR/secrets-key), or set the secret again.`,
    { failureType: 'config_error' },
  );
}
