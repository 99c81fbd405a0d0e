import { createHash, type Hash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

// Says whether `dist` is what a build would make of what is there now, so that `npm start` builds only then:
//   node src/dashboard/build/built.ts begin | end | check
// A build notes what it is made of before it reads it, and what it made at its end. Contents and not times decide about what it is made of, since a checkout
// may bring back older files; of what it made any other size or time counts as changed, also by another tool. In doubt there is a build.

/** What code, the dashboard and their tools are made of. */
const INPUTS = [
  ...['src', 'connectors', 'simulators', 'migrations', 'bench', 'schema.graphql', 'package.json', 'package-lock.json'],
  ...['tsconfig.json', 'node_modules/.package-lock.json'],
];
/** Written by the build itself. */
const GENERATED = join('src', 'dashboard', 'generated');

/** Whether `dist` of a project's folder is what a build would make. */
export function isBuilt(root: string): boolean {
  const note = noteOf(root, 'built');
  return existsSync(note) && readFileSync(note, 'utf8') === `${hashInputs(root)}\n${hashOutputs(root)}\n`;
}

/** Notes what the build that begins is made of; until it has ended nothing is built. */
export function beginBuild(root: string): void {
  mkdirSync(join(root, 'dist'), { recursive: true });
  rmSync(noteOf(root, 'built'), { force: true });
  writeFileSync(noteOf(root, 'building'), hashInputs(root));
}

/** Notes what the build made. */
export function endBuild(root: string): void {
  const inputs = readFileSync(noteOf(root, 'building'), 'utf8');
  rmSync(noteOf(root, 'building'));
  const outputs = hashOutputs(root);
  const draft = noteOf(root, 'draft');
  writeFileSync(draft, `${inputs}\n${outputs}\n`);
  renameSync(draft, noteOf(root, 'built'));
}

function noteOf(root: string, name: string): string {
  return join(root, 'dist', `.${name}`);
}

function hashInputs(root: string): string {
  const hash = createHash('sha256').update(process.version);
  for (const path of INPUTS) {
    walk(root, path, (file) => {
      if (!file.startsWith(GENERATED)) add(hash, file, readFileSync(join(root, file)));
    });
  }
  return hash.digest('hex');
}

function hashOutputs(root: string): string {
  const hash = createHash('sha256');
  const notes = ['built', 'building', 'draft'].map((name) => join('dist', `.${name}`));
  for (const path of ['dist', GENERATED]) {
    walk(root, path, (file) => {
      if (notes.includes(file)) return;
      const { size, mtimeMs } = lstatSync(join(root, file));
      add(hash, file, `${size} ${mtimeMs}`);
    });
  }
  return hash.digest('hex');
}

/** With the length, so that nothing can be taken for something else. */
function add(hash: Hash, file: string, content: string | Uint8Array): void {
  hash.update(`${file}\n${content.length}\n`).update(content);
}

/** Goes through the files at a path in a fixed order; a path that is not there has none. */
function walk(root: string, path: string, visit: (file: string) => void): void {
  const found = lstatSync(join(root, path), { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isDirectory()) visit(path);
  else for (const name of readdirSync(join(root, path)).sort()) walk(root, join(path, name), visit);
}

const step = process.argv[1] === import.meta.filename ? process.argv[2] : undefined;
const project = join(import.meta.dirname, '../../..');
if (step === 'begin') beginBuild(project);
else if (step === 'end') endBuild(project);
else if (step === 'check') process.exitCode = isBuilt(project) ? 0 : 1;
