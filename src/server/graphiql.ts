import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { type RuruClientConfig, ruruHTML } from 'ruru/server';
import { getStaticFile } from 'ruru/static';
import { contentSecurityPolicy } from './contentSecurityPolicy.js';
import { errorBody } from './error.js';

const STATIC_PATH = '/graphiql/static/';

/** An example that the page offers. */
export interface Example {
  /** Kind of user and name: `data-team/why`. */
  readonly name: string;
  /** What it shows; its first line. */
  readonly title: string;
  readonly text: string;
}

/** The values that examples ask for, as `examples/query/README.md` says, asked for by every page since they change with the years. */
export type ExampleVariables = () => Promise<Readonly<Record<'published' | 'open' | 'moment', string>>>;

const NOTHING: Example = { name: '', title: '', text: '{ __typename }\n' };
/** What a new tab shows. */
const FIRST = 'data-team/ranking';

/** Reads the examples below a folder, a folder for each kind of user; the data team's come first. */
export async function readExamples(folder: string): Promise<readonly Example[]> {
  const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.graphql'));
  const isTeam = (path: string): number => Number(path.startsWith('data-team'));
  return Promise.all(
    paths
      .toSorted((a, b) => isTeam(b) - isTeam(a) || (a < b ? -1 : 1))
      .map(async (path) => {
        const text = await readFile(join(folder, path), 'utf8');
        return { name: path.slice(0, -'.graphql'.length), title: /^# (.*)/.exec(text)?.[1] ?? path, text };
      }),
  );
}

const CONTENT_SECURITY_POLICY = contentSecurityPolicy({
  'script-src': "'self' 'unsafe-inline'",
  'style-src': "'self' 'unsafe-inline'",
  'img-src': "'self' data:",
  'font-src': "'self' data:",
  'worker-src': "'self' blob:",
});

/**
 * Adds `/graphiql`, a query editor (Ruru) that is served from this process alone, with subscriptions over WebSocket. `?example=data-team/why` opens an example.
 * @param examples what the bar above the editor offers
 */
export function addGraphiql(app: FastifyInstance, examples: readonly Example[], variables: ExampleVariables): void {
  const first = examples.find(({ name }) => name === FIRST) ?? examples[0] ?? NOTHING;
  app.get<{ Querystring: { example?: string } }>('/graphiql', async ({ query }, reply) => {
    const asked = examples.find(({ name }) => name === query.example) ?? null;
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', CONTENT_SECURITY_POLICY)
      .send(renderPage(examples, { first, asked, variables: await variables() }));
  });
  app.get(`${STATIC_PATH}*`, async (request, reply) => {
    const file = await getStaticFile({
      staticPath: STATIC_PATH,
      urlPath: request.url,
      acceptEncoding: request.headers['accept-encoding'],
      disallowDevAssets: true,
    });
    if (file === null) return reply.callNotFound();
    if (request.headers['if-none-match'] === file.headers.etag) return reply.code(304).send();
    return reply.headers(file.headers).header('vary', 'accept-encoding').send(file.content);
  });
}

/** Says why there is no editor where only trusted documents are answered. */
export function refuseGraphiql(app: FastifyInstance): void {
  const message =
    'Only trusted documents are answered here (TRUSTED_DOCUMENTS_ONLY=1), so there is no editor for queries. Integrators and admins send theirs to /graphql with a token.';
  app.get('/graphiql', async (_request, reply) => reply.code(404).send(errorBody('NOT_FOUND', message)));
}

interface Shown {
  readonly first: Example;
  readonly asked: Example | null;
  readonly variables: Readonly<Record<string, string>>;
}

function renderPage(examples: readonly Example[], { first, asked, variables }: Shown): string {
  const shown = asked ?? first;
  // Only what it asks for: the server refuses variables that a document does not declare.
  const used = Object.entries(variables).filter(([name]) => shown.text.includes(`$${name}:`));
  const initialVariables = JSON.stringify(Object.fromEntries(used), null, 2);
  const clientConfig = {
    defaultQuery: first.text,
    debugTools: [],
    // Without an example in the address somebody's own tabs come back.
    ...(asked === null ? {} : { initialQuery: shown.text }),
    initialVariables,
  };
  return ruruHTML({
    staticPath: STATIC_PATH,
    endpoint: '/graphql',
    // The cast because the type picks optional properties from a package that is not installed, and makes them required.
    clientConfig: clientConfig as unknown as RuruClientConfig,
    htmlParts: {
      // An empty icon, so that the browser asks for none.
      titleTag: '<title>GraphiQL · Digital Transformation Index</title><link rel="icon" href="data:,">',
      // Only the browser knows the address and the scheme under which a proxy offers this server.
      configScript: (original) =>
        `${original}\n<script>RURU_CONFIG.subscriptionEndpoint = location.origin.replace(/^http/, 'ws') + '/graphql';</script>`,
      styleTags: (original) => `${original}\n${BAR_STYLE}`,
      bodyContent: (original) => `${renderBar(examples, asked)}\n${original}`,
    },
  });
}

const BAR_STYLE = `<style>
  body { display: flex; flex-direction: column; height: 100vh; margin: 0; }
  #ruru-root { flex: 1; min-height: 0; height: auto !important; }
  .examples { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: center; padding: 0.4rem 0.8rem; font: 0.9rem system-ui, sans-serif; color: #16212b; background: #e0f0f4; }
  .examples select { font: inherit; max-width: 90vw; padding: 0.3rem; }
  .examples a { color: #0b5c73; }
</style>`;

/** The bar of examples, grouped by kind of user. A form, so that it also works by keyboard alone; the script only saves the button. */
function renderBar(examples: readonly Example[], asked: Example | null): string {
  const kinds = [...new Set(examples.map(({ name }) => name.split('/')[0] ?? ''))];
  const groups = kinds.map((kind) => {
    const options = examples
      .filter(({ name }) => name.startsWith(`${kind}/`))
      .map(
        ({ name, title }) =>
          `<option value="${escapeHtml(name)}"${name === asked?.name ? ' selected' : ''}>${escapeHtml(title)}</option>`,
      );
    return `<optgroup label="${escapeHtml(KINDS[kind] ?? kind)}">${options.join('')}</optgroup>`;
  });
  return `<form class="examples" action="/graphiql"><a href="/">Dashboard</a>
  <label>Examples <select name="example" onchange="this.form.submit()"><option value="">Choose one…</option>${groups.join('')}</select></label>
  <noscript><button>Open</button></noscript></form>`;
}

const KINDS: Readonly<Record<string, string>> = {
  'data-team': 'Data teams',
  dashboard: 'Dashboards',
  integrator: 'Integrators',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
