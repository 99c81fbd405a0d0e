import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codegen } from '@graphql-codegen/core';
import * as typedDocuments from '@graphql-codegen/typed-document-node';
import * as operations from '@graphql-codegen/typescript-operations';
import { parse } from 'graphql';

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
