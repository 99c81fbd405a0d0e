import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { beginBuild, endBuild, isBuilt } from '../../src/dashboard/build/built.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'dti-built-'));
  mkdirSync(join(root, 'src/dashboard/generated'), { recursive: true });
  write('src/main.ts', 'one');
  build();
});
afterEach(() => rmSync(root, { recursive: true }));

const write = (path: string, text: string) => writeFileSync(join(root, path), text);

function build(during: () => void = () => undefined): void {
  beginBuild(root);
  during();
  write('dist/main.js', 'made');
  write('src/dashboard/generated/operations.ts', 'made');
  endBuild(root);
}

it('what was built is not built again, whatever the times of what it was made of', () => {
  expect(isBuilt(root)).toBe(true);
  utimesSync(join(root, 'src/main.ts'), 1, 1);
  expect(isBuilt(root)).toBe(true);
});

it.each([
  ['a file that changed', () => write('src/main.ts', 'two')],
  ['a new file', () => write('src/new.ts', '')],
  ['a file that is gone', () => rmSync(join(root, 'src/main.ts'))],
  ['another dependency', () => write('package-lock.json', '{}')],
  ['something made that is gone', () => rmSync(join(root, 'dist/main.js'))],
  ['something made that another tool made anew', () => utimesSync(join(root, 'dist/main.js'), 1, 1)],
  ['a build that did not end', () => beginBuild(root)],
  ['a file that changed during the build', () => build(() => write('src/main.ts', 'two'))],
])('is built again: %s', (_what, happen) => {
  happen();
  expect(isBuilt(root)).toBe(false);
});
