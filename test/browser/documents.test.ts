import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { buildSchema, getOperationAST, OperationTypeNode, parse, validate } from 'graphql';
import { describe, expect, inject, it, vi } from 'vitest';
import { freePort } from '../../src/store/embedded.js';
import { GraphqlSocket, postGraphql } from '../helpers/graphqlClient.js';

// Runs what the documents tell readers to type. A block ```graphql is executed; one ```json right behind it holds its variables. A block with a file name
// behind its language (```yaml cash.yaml) is that file for the commands behind it. A block ```sh is run by bash, in a folder of the document's own that has
// the project in it, with the address of the platform of all browser tests in place of the documented one.

const ROOT = join(import.meta.dirname, '../..');
const SCHEMA = buildSchema(readFileSync(join(ROOT, 'schema.graphql'), 'utf8'));
const OPEN_YEAR = new Date(Date.now() + 7 * 3_600_000).getUTCFullYear();

const DOCUMENTS = [
  ...['README.md', 'CONTRIBUTING.md'],
  ...['docs', 'examples'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter(({ name }) => name.endsWith('.md'))
      .map(({ parentPath, name }) => relative(ROOT, join(parentPath, name))),
  ),
].sort();

/** Documents whose blocks other tests run, since they need more than a platform. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'docs/exporting.md': 'test/server/export.test.ts',
  'docs/command-line.md': 'test/command/document.test.ts, with databases to restore into',
};

const HAS_PYTHON = spawnSync('python3', ['--version']).status === 0;

/** Commands that this test only reads (`bash -n`), each with the reason. */
const ONLY_READ: readonly (readonly [RegExp, string])[] = [
  [/_control\/faults/, 'makes simulators misbehave, which other tests of the same platform would see'],
  [/\bnpm (ci|install|start|test|run (bench|simulators|calibrate))\b/, 'installs or starts what this test is part of'],
  [/https?:\/\/(?!127\.0\.0\.1|localhost)\S+|postgres:\/\//, 'asks a host that there is not in a test'],
  [/\bRscript\b|\blibreoffice\b/, 'a program that may not be on this machine'],
  [/--watch +#.*until Ctrl\+C/, 'goes on until it is ended'],
  [/\bmy(_source)?\.yaml\b/, 'a manifest that the reader has'],
];

/** Programs that go on until they are ended: started, and left alone while the rest of their document runs. They listen on port 8080. */
const GOES_ON = /\b(benefits\.py|webhook\.ts) 8080$/m;

interface Row {
  readonly rank: number;
  readonly value: number;
}

/**
 * What a document promises of its answers beyond that there are some, looked at after each of them, which come in the order of its blocks. The question is asked
 * again until it holds, since scores are computed a moment after a run has ended.
 */
const PROMISES: Readonly<Record<string, (answers: readonly Answer[]) => void>> = {
  'docs/tutorial/integrator.md': (answers) => {
    const [state, result] = answers as unknown as [
      { rankingUpdates: { rows: (Row & { entity: { name: string } })[] } },
      { entity: { score: Row & { provenance: { chosen: object } } } }?,
    ];
    // Of 40,000, against a target of 80 %: 31,234, then 20,000.
    const before = state.rankingUpdates.rows.find(({ entity }) => /\bHu[eế]/u.test(entity.name.normalize()));
    expect(before?.value).toBeCloseTo(0.976_062_5, 9);
    if (result === undefined) return;
    const { value, rank, provenance } = result.entity.score;
    expect(value).toBeCloseTo(0.625, 9);
    expect(rank).toBeGreaterThan(before?.rank ?? Number.POSITIVE_INFINITY);
    expect(provenance.chosen).toMatchObject({ numerator: '20000', source: { key: 'cash_benefits' } });
  },
};

/** What writes into a file need not say anything. */
const SILENT = /(^|\s)(-o|-OJ|--out|>|TOKEN=)/m;

type Answer = Readonly<Record<string, unknown>>;

interface Block {
  readonly language: string;
  /** Behind the language; empty = none. */
  readonly file: string;
  readonly text: string;
  /** Of its first line in the document, from 1. */
  readonly line: number;
}

function readBlocks(document: string): readonly Block[] {
  const text = readFileSync(join(ROOT, document), 'utf8');
  return [...text.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```/gm)].map(
    ({ 1: language = '', 2: file = '', 3: body = '', index }) => ({
      language,
      file,
      text: body.replaceAll(/(PROVINCE|MINISTRY)-2026/g, `$1-${OPEN_YEAR}`),
      line: text.slice(0, index).split('\n').length,
    }),
  );
}

const RUN = DOCUMENTS.filter((document) => !(document in ELSEWHERE))
  .map((document) => [document, readBlocks(document)] as const)
  .filter(([, blocks]) => blocks.some(({ language }) => language === 'graphql' || language === 'sh'));

// Most of the time they wait: for runs, for events, for processes to start.
describe.concurrent('what a document tells its readers to type does what it says', () => {
  for (const [document, blocks] of RUN) {
    const isLeftOut = !HAS_PYTHON && blocks.some(({ text }) => text.includes('python3'));
    const title = isLeftOut ? `${document} (skipped: python3 is not on this machine)` : document;
    it.skipIf(isLeftOut)(title, { timeout: 180_000 }, () => runBlocks(document, blocks));
  }
});

/** Runs the blocks of a document in their order. */
async function runBlocks(document: string, blocks: readonly Block[]): Promise<void> {
  const folder = await openFolder();
  const left: ChildProcess[] = [];
  const answers: Answer[] = [];
  try {
    for (const [index, block] of blocks.entries()) {
      const { language, file, text } = block;
      if (file !== '') await writeFile(join(folder.path, file), folder.toRunning(text));
      if (language === 'graphql') {
        const promised = PROMISES[document] ?? (() => undefined);
        const asked = async () => {
          const answer = await runQuery(folder.toRunning(text), blocks[index + 1]);
          if (answer === null) return [];
          promised([...answers, answer]);
          return [answer];
        };
        const told = document in PROMISES ? vi.waitFor(asked, { timeout: 60_000, interval: 300 }) : asked();
        answers.push(...(await told.catch(failAt(document, block))));
      }
      if (language !== 'sh') continue;
      if (GOES_ON.test(text)) {
        left.push(folder.start(text));
        await folder.waitForAnswer().catch(failAt(document, block));
      } else await folder.run(text).catch(failAt(document, block));
    }
  } finally {
    for (const { pid = 0 } of left) process.kill(-pid, 'SIGTERM');
    await folder.remove();
  }
}

/** Says where in a document something went wrong. */
const failAt =
  (document: string, { line, text }: Block) =>
  (error: Error) => {
    throw new Error(`${document}:${line}: ${text}${error.message}`, { cause: error });
  };

/** Executes a document of GraphQL, with the variables of the block behind it if that is JSON; no list that it asks for may be empty. */
async function runQuery(text: string, next: Block | undefined): Promise<Answer | null> {
  expect(validate(SCHEMA, parse(text))).toEqual([]);
  const operation = getOperationAST(parse(text));
  // Mutations are sent by the commands of their document, which say as whom.
  if (operation?.operation === OperationTypeNode.MUTATION) return null;
  const open = text.includes('$round') ? { round: `PROVINCE-${OPEN_YEAR}` } : {};
  const variables = next?.language === 'json' ? JSON.parse(next.text) : open;
  const data = await ask(text, operation?.operation, variables);
  for (const [field, value] of Object.entries(data)) {
    const count = (value as { edges?: unknown[] } | null)?.edges?.length;
    expect({ field, value, count }).not.toEqual({ field, value, count: 0 });
    expect({ field, value }).not.toEqual({ field, value: null });
  }
  return data;
}

async function ask(query: string, kind: string | undefined, variables: Record<string, unknown>) {
  const url = inject('platformUrl');
  if (kind === OperationTypeNode.SUBSCRIPTION) {
    const socket = await GraphqlSocket.connect(url);
    const { type, payload } = await socket.next({ id: socket.subscribe(query, variables) });
    await socket.close();
    expect([type, payload.errors]).toEqual(['next', undefined]);
    return payload.data as Record<string, unknown>;
  }
  const { data, errors } = await postGraphql(url, query, variables, undefined, inject('integratorToken'));
  expect(errors).toBeUndefined();
  return data as Record<string, unknown>;
}

/** A folder for what the commands of a document write, with the project in it. */
async function openFolder() {
  const path = await mkdtemp(join(tmpdir(), 'dti-document-'));
  for (const name of await readdir(ROOT)) if (!name.startsWith('.')) await symlink(join(ROOT, name), join(path, name));
  const url = inject('platformUrl');
  const port = String(await freePort());
  const environment = {
    ...{ PATH: process.env.PATH, HOME: process.env.HOME, NODE: process.execPath, ROOT },
    ...{ DTI_URL: url, PORT: new URL(url).port, DATA_DIR: inject('platformFolder') },
    // Compiled code is kept between the commands, each of which is a process of its own.
    NODE_COMPILE_CACHE: join(tmpdir(), 'dti-compile-cache'),
  };
  const options = { cwd: path, env: environment };
  const toRunning = (text: string): string =>
    text.replaceAll(/(http:\/\/)?(127\.0\.0\.1|localhost):4000/g, url).replaceAll(/\b8080\b/g, port);
  return {
    path,
    toRunning,
    remove: () => rm(path, { recursive: true }),
    /** Runs a block to its end. */
    async run(text: string): Promise<void> {
      const isRead = ONLY_READ.some(([pattern]) => pattern.test(text));
      const script = `set -e\n${PRELUDE}\n${toRunning(text)}`;
      const { stdout } = await promisify(execFile)('bash', [isRead ? '-nc' : '-c', script], options);
      // A command that says nothing at all tells its reader nothing either.
      if (!isRead && !SILENT.test(text)) expect(stdout).not.toBe('');
    },
    /** Starts what goes on until it is ended, in a process group of its own. */
    start: (text: string): ChildProcess =>
      spawn('bash', ['-c', `${PRELUDE}\n${toRunning(text)}`], { ...options, detached: true, stdio: 'ignore' }),
    waitForAnswer: () => vi.waitFor(() => fetch(`http://127.0.0.1:${port}/`), { timeout: 60_000 }),
  };
}

/** What npm does for these commands, without the second that it takes. */
const PRELUDE = `
npx() {
  case $1 in
  dti) shift; "$NODE" "$ROOT/dist/src/cli.js" "$@" ;;
  node) shift; "$NODE" "$@" ;;
  *) command npx "$@" ;;
  esac
}`;
