import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codegen } from '@graphql-codegen/core';
import * as typedDocuments from '@graphql-codegen/typed-document-node';
import * as operations from '@graphql-codegen/typescript-operations';
import { parse } from 'graphql';
import { type DocumentNode, formatDocument, stringifyDocument } from 'urql';

// Types of what the dashboard asks, from `schema.graphql` and `operation/*.graphql`. Run by `npm run build`; what it writes is not committed, since it follows
// from both. A build step of its own and not code of the dashboard: it runs on Node.

const here = join(import.meta.dirname, '..');
const root = join(here, '../..');
const folder = join(here, 'operation');
const filename = join(here, 'generated/operations.ts');

const documents = readdirSync(folder)
  .filter((name) => name.endsWith('.graphql'))
  .sort()
  .map((name) => ({ location: join(folder, name), document: parse(readFileSync(join(folder, name), 'utf8')) }));

const text = await codegen({
  schema: parse(readFileSync(join(root, 'schema.graphql'), 'utf8')),
  documents,
  filename,
  config: {
    useTypeImports: true,
    enumsAsTypes: true,
    skipTypename: true,
    strictScalars: true,
    optimizeDocumentNode: true,
    dedupeFragments: true,
    immutableTypes: true,
    scalars: {
      ...{ DateTime: 'string', Decimal: 'string', LocalDate: 'string' },
      ...{ JSON: 'unknown', JSONObject: 'Record<string, unknown>' },
    },
  },
  pluginMap: { operations, typedDocuments },
  plugins: [{ operations: {} }, { typedDocuments: {} }],
});
mkdirSync(join(here, 'generated'), { recursive: true });
writeFileSync(filename, text);

// The same operations as the browser sends them, for platforms that answer trusted documents only: queries with the type names that the client's cache adds,
// subscriptions without.
const made = (await import(filename)) as Readonly<Record<string, DocumentNode>>;
// Fragments are parts of operations, and nothing that can be sent by itself.
const operationsMade = Object.entries(made).filter(([name]) => !name.endsWith('FragmentDoc'));
const list = Object.fromEntries(
  operationsMade.flatMap(([name, document]) => [
    [`dashboard ${name}`, stringifyDocument(formatDocument(document))],
    [`dashboard ${name} plain`, stringifyDocument(document)],
  ]),
);
mkdirSync(join(root, 'dist'), { recursive: true });
writeFileSync(join(root, 'dist/dashboardDocuments.json'), `${JSON.stringify(list, null, 1)}\n`);
