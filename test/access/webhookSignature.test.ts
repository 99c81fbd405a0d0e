import { expect, it } from 'vitest';
import { makeWebhookKey, signWebhook } from '../../src/access/webhookSignature.js';

it('signs as the published example of the convention does', () => {
  const message = {
    id: 'msg_loFOjxBNrRLzqYUf',
    timestamp: 1731705121,
    body: '{"event_type":"ping","data":{"success":true}}',
  };
  expect(signWebhook('whsec_plJ3nmyCDGBKInavdOK15jsl', message)).toBe(
    'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
  );
});

it('makes secrets of 32 bytes that are never the same', () => {
  const keys = [makeWebhookKey(), makeWebhookKey()];
  for (const { id, secret } of keys) {
    expect(id).toMatch(/^[0-9a-f]{12}$/);
    expect(Buffer.from(secret.replace('whsec_', ''), 'base64')).toHaveLength(32);
  }
  expect(new Set(keys.flatMap(({ id, secret }) => [id, secret])).size).toBe(4);
});
