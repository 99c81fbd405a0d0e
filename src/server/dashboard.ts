import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Nothing but this server: the page works where there is no internet, and tells nobody who reads it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  // Charts carry a style element of their own.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** Addresses of views (src/dashboard/views.ts): the page is sent, and its own router shows them. */
const VIEWS = ['/', '/map', '/entity/*', '/compare', '/regions', '/sources', '/sources/*', '/register'];

const PAGE_HEADERS = { 'content-security-policy': CONTENT_SECURITY_POLICY, 'referrer-policy': 'same-origin' };

const YEAR_MS = 365 * 24 * 3_600_000;

/**
 * Serves the dashboard, from the first moment on: it says itself that the platform is starting.
 * @param folder what `npm run build` made; null = there is none, and `/` says where the graph is
 */
export async function addDashboard(app: FastifyInstance, folder: string | null): Promise<void> {
  if (folder === null || !existsSync(join(folder, 'index.html'))) {
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
    app.get(path, (_request, reply) => reply.headers(PAGE_HEADERS).sendFile('index.html', { cacheControl: false }));
  }
}

/**
 * The page for addresses that nothing is at: its own router says so, in the reader's language.
 * @param folder as in {@link addDashboard}
 * @returns sends it to browsers, with status 404; false = the client wants no page, or there is none
 */
export function missingPage(folder: string | null): (request: FastifyRequest, reply: FastifyReply) => boolean {
  const file = folder === null ? null : join(folder, 'index.html');
  const page = file === null || !existsSync(file) ? null : readFileSync(file, 'utf8');
  return ({ method, headers }, reply) => {
    if (page === null || method !== 'GET' || headers.accept?.includes('text/html') !== true) return false;
    reply
      .code(404)
      .headers({ ...PAGE_HEADERS, 'cache-control': 'no-cache' })
      .type('text/html; charset=utf-8')
      .send(page);
    return true;
  };
}
