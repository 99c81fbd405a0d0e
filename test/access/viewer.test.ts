import { expect, it } from 'vitest';
import { PUBLIC_VIEWER, ROLES, type Viewer, viewerScope } from '../../src/access/viewer.js';

it('viewers share a scope when they may do the same, whoever they are', () => {
  const admin = (subject: string): Viewer => ({ role: 'admin', subject, entityKey: null });
  expect(viewerScope(admin('local:anna'))).toBe(viewerScope(admin('key:12')));
});

it('the scopes of roles, of entities, and of those who have not signed in differ', () => {
  const viewers: readonly Viewer[] = [
    PUBLIC_VIEWER,
    ...ROLES.map((role) => ({ role, subject: 'local:anna', entityKey: null })),
    ...['GSO-2025:79', 'GSO-2025:01'].map(
      (entityKey) => ({ role: 'officer', subject: 'local:anna', entityKey }) as const,
    ),
  ];
  expect(new Set(viewers.map(viewerScope)).size).toBe(viewers.length);
});
