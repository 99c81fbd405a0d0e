import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { contentSecurityPolicy } from './contentSecurityPolicy.js';

const CONTENT_SECURITY_POLICY = contentSecurityPolicy({
  // Charts carry a style element of their own.
  'style-src': "'self' 'unsafe-inline'",
  'img-src': "'self' data: blob:",
});

/** Addresses of views (src/dashboard/views.ts): the page is sent, and its own router shows them. */
const VIEWS = ['/', '/map', '/entity/*', '/compare', '/regions', '/alerts', '/sources', '/sources/*', '/register'];

const PAGE_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'referrer-policy': 'same-origin',
  'cache-control': 'no-cache',
};
const PAGE_TYPE = 'text/html; charset=utf-8';

const YEAR_MS = 365 * 24 * 3_600_000;

/**
 * Reads the page of the dashboard.
 * @param folder what `npm run build` made; null = there is none
 * @param hasGraphiql told to the page, which links to it
 * @returns null = there is none
 */
export function readPage(folder: string | null, hasGraphiql: boolean): string | null {
  const file = folder === null ? null : join(folder, 'index.html');
  if (file === null || !existsSync(file)) return null;
  const page = readFileSync(file, 'utf8');
  return hasGraphiql ? page.replace('<title>', '<meta name="graphiql" content="/graphiql"><title>') : page;
}

/**
 * Serves the dashboard, from the first moment on: it says itself that the platform is starting.
 * @param folder what `npm run build` made
 * @param page from {@link readPage}; null = `/` says where the graph is
 */
export async function addDashboard(app: FastifyInstance, folder: string | null, page: string | null): Promise<void> {
  if (folder === null || page === null) {
    app.get('/', async (_request, reply) =>
      reply.send({ name: "Vietnam's Digital Transformation Index", graphql: '/graphql', health: '/health/ready' }),
    );
    return;
  }
  await app.register(fastifyStatic, {
    root: folder,
    serve: true,
    // Files are known when the server starts: nobody asks the disk for others.
    wildcard: false,
    index: false,
    preCompressed: true,
    globIgnore: ['**/*.br', '**/*.gz', '**/index.html'],
    setHeaders: (reply, path) => {
      // Names under assets/ carry a hash of what is in them.
      const isForever = path.includes('/assets/');
      reply.header('cache-control', isForever ? `public, max-age=${YEAR_MS / 1000}, immutable` : 'no-cache');
    },
  });
  for (const path of VIEWS) {
    app.get(path, async (_request, reply) => reply.headers(PAGE_HEADERS).type(PAGE_TYPE).send(page));
  }
}

/**
 * The page for addresses that nothing is at: its own router says so, in the reader's language.
 * @param page from {@link readPage}
 * @returns sends it to browsers, with status 404; false = the client wants no page, or there is none
 */
export function missingPage(page: string | null): (request: FastifyRequest, reply: FastifyReply) => boolean {
  return ({ method, headers }, reply) => {
    if (page === null || method !== 'GET' || headers.accept?.includes('text/html') !== true) return false;
    reply.code(404).headers(PAGE_HEADERS).type(PAGE_TYPE).send(page);
    return true;
  };
}
