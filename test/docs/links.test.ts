import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const SKIPPED = new Set(['node_modules', 'dist', '.git', '.data', '.tmp', 'coverage']);

/** All documents of the project, as paths from the root. */
const DOCUMENTS = readdirSync(ROOT, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
  .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
  .filter((path) => !path.split('/').some((part) => SKIPPED.has(part)))
  .sort();

/** The text without what is shown and not meant: fenced blocks, code and comments. */
function proseOf(text: string): string {
  return text
    .replace(/^ *(```|~~~)[^\n]*\n[\s\S]*?^ *\1 *$/gm, '')
    .replace(/`[^`\n]*`/g, '')
    .replace(/<!--[\s\S]*?-->/g, '');
}

/** Anchors of the headings, as GitHub makes them: a second heading of the same words ends in -1. */
function anchorsOf(path: string): ReadonlySet<string> {
  const text = readFileSync(path, 'utf8').replace(/^ *(```|~~~)[^\n]*\n[\s\S]*?^ *\1 *$/gm, '');
  const seen = new Map<string, number>();
  const anchors = [...text.matchAll(/^#{1,6} +(.+?) *#*$/gm)].map(([, title = '']) => {
    const words = title.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = words.replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '').replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
  return new Set(anchors);
}

const anchors = new Map<string, ReadonlySet<string>>();

/** What is wrong with a link; null = nothing. */
function problemOf(document: string, target: string): string | null {
  if (/^[a-z][a-z+.-]*:/i.test(target)) return null;
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? join(ROOT, document) : resolve(ROOT, dirname(document), decodeURI(path));
  if (!file.startsWith(ROOT)) return `${document}: ${target} leaves the project`;
  if (!existsSync(file)) return `${document}: ${target} is not there`;
  if (anchor === undefined) return null;
  if (statSync(file).isDirectory() || !file.endsWith('.md')) return `${document}: ${target} has no headings`;
  const found = anchors.get(file) ?? anchorsOf(file);
  anchors.set(file, found);
  return found.has(decodeURI(anchor)) ? null : `${document}: ${target} names no heading`;
}

describe('the documents', () => {
  it('lead to files and headings that are there', () => {
    const problems = DOCUMENTS.flatMap((document) => {
      const links = proseOf(readFileSync(join(ROOT, document), 'utf8')).matchAll(/\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)/g);
      return [...links].map(([, target = '']) => problemOf(document, target)).filter((problem) => problem !== null);
    });
    expect(DOCUMENTS.length).toBeGreaterThan(40);
    expect(problems).toEqual([]);
  });

  it('name files of the code that are there', () => {
    const folders = /^(src|test|data|migrations|simulators|connectors|bench|docs)\/[\w/.-]+\.\w+$/;
    const problems = DOCUMENTS.flatMap((document) => {
      const named = readFileSync(join(ROOT, document), 'utf8').matchAll(/`([^`\s]+)`/g);
      const paths = [...named].map(([, path = '']) => path).filter((path) => folders.test(path));
      return paths.filter((path) => !existsSync(join(ROOT, path))).map((path) => `${document}: ${path} is not there`);
    });
    expect(problems).toEqual([]);
  });

  it('are found from the index, each document of docs/', () => {
    const index = readFileSync(join(ROOT, 'docs/README.md'), 'utf8');
    const unnamed = DOCUMENTS.filter((document) => document.startsWith('docs/') && document !== 'docs/README.md')
      .map((document) => relative('docs', document))
      .filter((document) => !document.startsWith('connector-template/') && !index.includes(`(${document})`));
    expect(unnamed).toEqual([]);
  });
});
