import { describe, expect, it } from 'vitest';
import { can, PERMISSIONS, permissionOf, permissionsOf } from '../../src/access/permission.js';
import { PUBLIC_VIEWER, ROLES, type Role, type Viewer } from '../../src/access/viewer.js';

const viewer = (role: Role): Viewer => ({ ...PUBLIC_VIEWER, role });

describe('the permission map', () => {
  it('lets everybody read, integrators run sources, and admins see keys and the audit', () => {
    const rolesThatMay = (coordinate: string) => ROLES.filter((role) => can(viewer(role), coordinate));
    expect(rolesThatMay('Query.ranking')).toEqual(ROLES);
    expect(rolesThatMay('Source.citation')).toEqual(ROLES);
    expect(rolesThatMay('Mutation.syncSource')).toEqual(['integrator', 'admin']);
    expect(rolesThatMay('Source.settings')).toEqual(['integrator', 'admin']);
    expect(rolesThatMay('Query.auditTrail')).toEqual(['admin']);
    expect(rolesThatMay('ApiKey.name')).toEqual(['admin']);
  });

  it('refuses root fields that nobody has declared, to everybody', () => {
    for (const coordinate of ['Mutation.dropEverything', 'Query.secrets', 'Query.constructor', 'Subscription.x']) {
      expect(ROLES.filter((role) => can(viewer(role), coordinate))).toEqual([]);
    }
  });

  it('never lets the public change anything', () => {
    const mutations = Object.keys(PERMISSIONS).filter((coordinate) => coordinate.startsWith('Mutation.'));
    expect(mutations.length).toBeGreaterThan(8);
    expect(mutations.filter((coordinate) => can(PUBLIC_VIEWER, coordinate))).toEqual([]);
  });

  it('tells a viewer what is open to it and not to everybody', () => {
    expect(permissionsOf(PUBLIC_VIEWER)).toEqual([]);
    expect(permissionsOf(viewer('integrator'))).toContain('Mutation.registerSource');
    expect(permissionsOf(viewer('integrator'))).not.toContain('ApiKey');
    const all = Object.keys(PERMISSIONS).filter((coordinate) => permissionOf(coordinate) !== null);
    expect(permissionsOf(viewer('admin'))).toEqual(all);
  });
});
