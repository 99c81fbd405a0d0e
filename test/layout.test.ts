import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

// Enforces section 2 of STYLE.md. Reads import statements as text, so that a file that does not compile is judged too.

const ROOT = resolve(import.meta.dirname, '..');

/** Who may import whom. A room is a folder of src/, or one of the folders beside it. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  proof: ['domain'],
  merge: ['domain', 'proof'],
  scoring: ['domain', 'proof'],
  snapshot: ['domain', 'proof'],
  source: ['domain'],
  connectors: ['domain', 'source'],
  simulators: ['domain'],
  exchange: ['domain'],
  access: ['domain'],
  store: ['domain', 'snapshot', 'migrations'],
  migrations: [],
  pipeline: ['domain', 'proof', 'merge', 'scoring', 'snapshot', 'source', 'exchange', 'access', 'store'],
  graph: ['domain', 'snapshot', 'access', 'store', 'pipeline'],
  server: ['domain', 'exchange', 'access', 'graph'],
  dashboard: [],
  // config.ts is read by everything that starts a process, so by main and cli only.
  config: ['domain'],
};

/**
 * The composition root knows every room: main.ts, cli.ts and the files beside them that they are divided into, of which those of the command line have a
 * folder, command/. config.ts is a room of its own, so that nothing but the root reads it.
 */
function isRoot(path: string): boolean {
  return /^src\/(command\/)?[^/]+\.ts$/.test(path) && path !== 'src/config.ts';
}

interface PackageRule {
  readonly pattern: RegExp;
  readonly rooms: readonly string[];
  /** Rooms that may name its types, which leave nothing in the compiled file. */
  readonly asTypeIn?: readonly string[];
  readonly reason: string;
}

/** Which packages belong to which rooms; whatever is not listed here no room may import. The root may import any. */
const ROOMS_OF_PACKAGE: readonly PackageRule[] = [
  {
    pattern: /^@mikro-orm\//,
    rooms: ['store', 'migrations'],
    asTypeIn: ['pipeline'],
    reason: 'the ORM is the store’s; others hand its manager on',
  },
  { pattern: /^(pg|kysely)$/, rooms: ['store'], reason: 'SQL is the store’s' },
  { pattern: /^pg-copy-streams$/, rooms: ['store'], reason: 'bulk copies are SQL' },
  { pattern: /^pg-boss$/, rooms: ['pipeline'], reason: 'jobs are the pipeline’s' },
  {
    pattern: /^(type-graphql|graphql-scalars|dataloader|class-validator|reflect-metadata)$/,
    rooms: ['graph'],
    reason: 'the schema is the graph’s',
  },
  { pattern: /^graphql(\/|$)/, rooms: ['graph', 'server'], reason: 'the server executes what the graph declares' },
  {
    pattern: /^(@apollo\/server|@fastify|graphql-ws|ruru|ws)(\/|$)/,
    rooms: ['server'],
    reason: 'transport is the server’s',
  },
  { pattern: /^@opentelemetry\//, rooms: [], reason: 'loaded by the root, and only when traces are asked for' },
  { pattern: /^pino$/, rooms: ['server'], reason: 'the log of the server, which main shares' },
  { pattern: /^prom-client$/, rooms: ['server'], reason: 'what a process measures of itself, for /metrics' },
  {
    pattern:
      /^(react|react-dom|urql|wouter|graphql-ws|@observablehq\/plot|topojson-client|vite|@vitejs\/plugin-react|@graphql-codegen\/[\w-]+|@graphql-typed-document-node\/core|graphql)(\/|$)/,
    rooms: ['dashboard'],
    reason: 'the browser’s side, and what builds it',
  },
  { pattern: /^fastify$/, rooms: ['server', 'simulators'], reason: 'simulators are HTTP servers too' },
  { pattern: /^jose$/, rooms: ['access'], reason: 'tokens are checked in one place' },
  {
    pattern: /^(csv-parse|fast-xml-parser)(\/|$)/,
    rooms: ['source', 'exchange', 'simulators'],
    reason: 'source and exchange read wire formats',
  },
  { pattern: /^csv-parse(\/|$)/, rooms: ['pipeline'], reason: 'the loader of reference files reads data/*.csv' },
  {
    pattern: /^zod(\/|$)/,
    rooms: ['pipeline', 'source'],
    reason: 'the loader of reference files checks their shapes, source those of manifests',
  },
  {
    pattern: /^(iconv-lite|fflate|read-excel-file)(\/|$)/,
    rooms: ['source', 'exchange', 'simulators'],
    reason: 'source and exchange read wire formats, simulators write them',
  },
  { pattern: /^(csv-stringify|hyparquet-writer)(\/|$)/, rooms: ['exchange'], reason: 'exchange writes files' },
  { pattern: /^undici$/, rooms: ['source'], reason: 'the way to the sources is source’s' },
  { pattern: /^ipaddr\.js$/, rooms: ['source', 'access'], reason: 'addresses of sources, and of those who ask' },
  { pattern: /^(yaml|@marcbachmann\/cel-js)$/, rooms: ['source'], reason: 'the manifest language is source’s' },
  {
    pattern: /^highs$/,
    rooms: ['simulators'],
    reason: 'calibration solves a linear programme; it is run by hand, so a devDependency',
  },
];

/** node:crypto hashes what is proved in `proof`; the others need it for something else, named here. */
const ROOMS_OF_CRYPTO: Readonly<Record<string, string>> = {
  proof: 'the one room of canonical hashes',
  source: 'hashes of pages as they came, signatures that protocols ask for',
  store: 'random password of the embedded database, ids',
  access: 'keys and their hashes',
  simulators: 'the other side of the signatures',
  server: 'names of answers by their bytes (ETag) and of trusted documents by their text',
  pipeline: 'random ids of runs',
  dashboard: 'its build tells by hashes whether anything changed',
};

/** Reads that make a result depend on more than its arguments; the pure rooms must not have them. */
const IMPURE: readonly { readonly pattern: RegExp; readonly name: string }[] = [
  { pattern: /\bDate\.now\b/, name: 'the clock (Date.now)' },
  { pattern: /\bnew Date\(\s*\)/, name: 'the clock (new Date())' },
  { pattern: /\bperformance\./, name: 'the clock (performance)' },
  { pattern: /\bset(Timeout|Interval|Immediate)\(/, name: 'timers' },
  { pattern: /\bMath\.random\b/, name: 'unseeded randomness' },
  { pattern: /\brandom(UUID|Bytes|Int)\b/, name: 'unseeded randomness' },
  { pattern: /\bprocess\./, name: 'the process' },
  { pattern: /(?<![.\w])fetch\(/, name: 'the network' },
];
const PURE_ROOMS = ['domain', 'proof', 'merge', 'scoring', 'snapshot'];

/** Only these read process.env; config.ts receives it from main. */
const READS_ENVIRONMENT: Readonly<Record<string, string>> = {
  'src/main.ts': 'passes it to readConfig',
  'src/cli.ts': 'hands it to the commands',
  'src/command/connectorTest.ts': 'the time zone that a check changes',
  'src/config.ts': 'the only reader by name',
  'src/demonstration.ts': 'hands PATH on to the child process of the simulators',
  'simulators/main.ts': 'a process of its own, told its credentials by the environment',
};

/** Barrel files that there are: lists of connectors and migrations, and the door of each connector. */
const BARRELS = [
  /^simulators\/systems\/index\.ts$/,
  /^connectors\/index\.ts$/,
  /^connectors\/[^/]+\/index\.ts$/,
  /^migrations\/index\.ts$/,
];

interface SourceFile {
  /** From the root, with slashes: `src/store/feed.ts`. */
  readonly path: string;
  readonly room: string;
  /** Without comments. */
  readonly code: string;
  readonly imports: readonly Import[];
}

interface Import {
  /** As written after `from` or in `import()`. */
  readonly name: string;
  readonly isType: boolean;
}

function readSources(): readonly SourceFile[] {
  return ['src', 'connectors', 'simulators', 'migrations']
    .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .map((path) => {
      const code = withoutComments(readFileSync(join(ROOT, path), 'utf8'));
      return { path, room: roomOf(path), code, imports: importsOf(code) };
    });
}

/** `src/store/feed.ts` → store, `src/config.ts` → config, `connectors/a/index.ts` → connectors. */
function roomOf(path: string): string {
  const [top = '', second = ''] = path.split('/');
  return top === 'src' ? second.replace(/\.ts$/, '') : top;
}

/** Also leaves the text of strings alone, where `//` is part of an address. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(?<=^|[\s;{}()])\/\/[^\n]*/g, '');
}

function importsOf(code: string): readonly Import[] {
  const statements = code.matchAll(
    /^\s*(?:import|export)\s+(type\s)?[^;'"]*?from\s*['"]([^'"]+)['"]|^\s*import\s*()['"]([^'"]+)['"]/gm,
  );
  const calls = code.matchAll(/\b(?:import|require)\(\s*['"]([^'"]+)['"]/g);
  return [
    ...[...statements].map((match) => ({ name: match[2] ?? match[4] ?? '', isType: Boolean(match[1]) })),
    ...[...calls].map((match) => ({ name: match[1] ?? '', isType: false })),
  ];
}

/** The file that a relative import names, from the root. */
function targetOf(file: SourceFile, specifier: string): string {
  return join(dirname(file.path), specifier).replace(/\.js$/, '.ts').replaceAll('\\', '/');
}

const sources = readSources();
const relativeImports = sources.flatMap((file) =>
  file.imports.filter(({ name }) => name.startsWith('.')).map(({ name }) => ({ file, target: targetOf(file, name) })),
);
const packageImports = sources.flatMap((file) =>
  file.imports.filter(({ name }) => !name.startsWith('.')).map(({ name, isType }) => ({ file, name, isType })),
);

describe('the layout of the code', () => {
  it('finds the sources', () => {
    expect(sources.length).toBeGreaterThan(20);
    expect(relativeImports.length).toBeGreaterThan(20);
  });

  it('has no room that STYLE.md does not name', () => {
    const unknown = sources.filter((file) => !(file.room in MAY_IMPORT) && !isRoot(file.path));
    expect(unknown.map((file) => `${file.path}: room "${file.room}" is not in the table`)).toEqual([]);
  });

  it('lets data walk one way: each room imports only what the table allows', () => {
    const violations = relativeImports
      .filter(({ file }) => !isRoot(file.path))
      .filter(({ file, target }) => roomOf(target) !== file.room && !MAY_IMPORT[file.room]?.includes(roomOf(target)))
      .map(({ file, target }) => `${file.path} imports ${target}: ${file.room} may import [${MAY_IMPORT[file.room]}]`);
    expect(violations).toEqual([]);
  });

  it('keeps connectors apart from each other', () => {
    const connectorOf = (path: string): string => path.split('/').slice(1, -1).join('/');
    const violations = relativeImports
      .filter(({ file, target }) => file.room === 'connectors' && roomOf(target) === 'connectors')
      .filter(({ file, target }) => connectorOf(file.path) !== '' && connectorOf(file.path) !== connectorOf(target))
      .map(({ file, target }) => `${file.path} imports ${target}: another connector`);
    expect(violations).toEqual([]);
  });

  it('keeps each package in its room', () => {
    const violations = packageImports
      .filter(({ file, name }) => !name.startsWith('node:') && !isRoot(file.path))
      .flatMap(({ file, name, isType }) => {
        const rules = ROOMS_OF_PACKAGE.filter((rule) => rule.pattern.test(name));
        if (rules.length === 0)
          return [`${file.path} imports ${name}: in no room’s list; add it to this test with a reason`];
        if (rules.some((rule) => rule.rooms.includes(file.room))) return [];
        if (isType && rules.some((rule) => rule.asTypeIn?.includes(file.room))) return [];
        return rules.map((rule) => `${file.path} imports ${name}: only [${rule.rooms}] may, ${rule.reason}`);
      });
    expect([...new Set(violations)]).toEqual([]);
  });

  it('names every room that uses node:crypto, and why', () => {
    const violations = packageImports
      .filter(({ file, name }) => /^(node:)?crypto$/.test(name) && !(file.room in ROOMS_OF_CRYPTO))
      .map(({ file }) => `${file.path} imports node:crypto: only [${Object.keys(ROOMS_OF_CRYPTO)}] may`);
    expect(violations).toEqual([]);
  });

  it('imports no built-in modules into the pure rooms, but node:crypto into proof', () => {
    const violations = packageImports
      .filter(({ file, name }) => PURE_ROOMS.includes(file.room) && !(file.room === 'proof' && name === 'node:crypto'))
      .map(({ file, name }) => `${file.path} imports ${name}: ${file.room} is pure`);
    expect(violations).toEqual([]);
  });

  it('reads no clock, environment, network or randomness in the pure rooms', () => {
    const violations = sources
      .filter((file) => PURE_ROOMS.includes(file.room))
      .flatMap((file) =>
        IMPURE.filter(({ pattern }) => pattern.test(file.code)).map(({ name }) => `${file.path} reads ${name}`),
      );
    expect(violations).toEqual([]);
  });

  it('reads the environment where processes start and nowhere else', () => {
    const violations = sources
      .filter((file) => /\bprocess\.env\b/.test(file.code) && !(file.path in READS_ENVIRONMENT))
      .map((file) => `${file.path} reads process.env: take the value from Config`);
    expect(violations).toEqual([]);
  });

  it('fetches over the network in source, in access from the issuer of tokens, and in no other room', () => {
    const rooms = ['source', 'access', 'dashboard', 'simulators'];
    // The command line is a client of the platform.
    const clients = ['src/command/client.ts'];
    const violations = sources
      .filter(({ path }) => !clients.includes(path))
      .filter((file) => !rooms.includes(file.room) && /(?<![.\w])fetch\(/.test(file.code))
      .map((file) => `${file.path} calls fetch: only source and access may`);
    expect(violations).toEqual([]);
  });

  it('leaves a row in the audit wherever something that is served is written', () => {
    const silent = sources
      .filter(({ path, code }) => path !== 'src/store/revision.ts' && /\btakeRevision\(/.test(code))
      .filter(({ code }) => !/\bwriteAudit\(/.test(code))
      .map(({ path }) => `${path} takes a revision without writeAudit (store/audit.ts) in the same transaction`);
    expect(silent).toEqual([]);
  });

  it('has no import cycles but those of store/tables, where relations are mutual', () => {
    const edges = new Map<string, string[]>();
    for (const { file, target } of relativeImports) {
      if (file.path.startsWith('src/store/tables/') && target.startsWith('src/store/tables/')) continue;
      edges.set(file.path, [...(edges.get(file.path) ?? []), target]);
    }
    expect(findCycles(edges)).toEqual([]);
  });

  it('has no barrel files but the lists of connectors and migrations and the door of each connector', () => {
    const isBarrel = (file: SourceFile): boolean => {
      const lines = file.code.split('\n').filter((line) => line.trim() !== '');
      const text = lines.join('\n').replaceAll(/export\s[^;]*?from\s*['"][^'"]+['"];?/g, '');
      return basename(file.path) === 'index.ts' || text.trim() === '';
    };
    const violations = sources
      .filter((file) => isBarrel(file) && !BARRELS.some((pattern) => pattern.test(file.path)))
      .map((file) => `${file.path} is a barrel file: import the module itself`);
    expect(violations).toEqual([]);
  });

  it('names files by nouns and verbs in camelCase', () => {
    const violations = sources
      .filter((file) => file.room !== 'migrations')
      .flatMap((file) => {
        const name = basename(file.path).replace(/\.tsx?$/, '');
        const isComponent = file.room === 'dashboard' && file.path.endsWith('.tsx');
        if (!/^[a-z][a-zA-Z0-9]*$/.test(name) && !isComponent) return [`${file.path}: not camelCase`];
        // As words of a camelCase name, so that baseline and publicServices (what they are about) pass.
        if (
          /^(utils?|helpers?|common|manager|service|base)(?![a-z])|(Utils?|Helpers?|Common|Manager|Service|Base)$/.test(
            name,
          )
        ) {
          return [`${file.path}: say what it is or does`];
        }
        return [];
      });
    expect(violations).toEqual([]);
  });
});

describe('the reader of this test', () => {
  it('sees every way to import', () => {
    const code = [
      "import { a } from './a.js';",
      "import type { b } from './b.js';",
      "import {\n  c,\n  d,\n} from './c.js';",
      "import './e.js';",
      "export { f } from './f.js';",
      "const g = await import('./g.js');",
      "// import { no } from './no.js';",
      "/* import { no } from './no.js'; */",
      "const url = 'http://example.vn';",
      "import { h } from './h.js';",
    ].join('\n');
    const found = importsOf(withoutComments(code));
    const names = ['./a.js', './b.js', './c.js', './e.js', './f.js', './g.js', './h.js'];
    expect(found.map(({ name }) => name).toSorted()).toEqual(names);
    expect(found.filter(({ isType }) => isType)).toEqual([{ name: './b.js', isType: true }]);
  });

  it('finds a cycle of three', () => {
    const edges = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['a']],
      ['d', ['a']],
    ]);
    expect(findCycles(edges)).toEqual(['a -> b -> c -> a']);
  });
});

/** Every cycle that a depth-first walk meets, as text; each file is entered once. */
function findCycles(edges: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const finished = new Set<string>();
  const cycles: string[] = [];
  const walk = (node: string, path: readonly string[]): void => {
    const at = path.indexOf(node);
    if (at >= 0) {
      cycles.push([...path.slice(at), node].join(' -> '));
      return;
    }
    if (finished.has(node)) return;
    for (const next of edges.get(node) ?? []) walk(next, [...path, node]);
    finished.add(node);
  };
  for (const node of edges.keys()) walk(node, []);
  return cycles;
}
