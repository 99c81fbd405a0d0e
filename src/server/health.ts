import type { FastifyInstance } from 'fastify';

/** What one part of the platform is doing. */
export type PartState = 'waiting' | 'loading' | 'ready' | 'failed' | 'stopping';

/** Whether the platform can answer, and which part it waits for. */
export interface Readiness {
  /** True when every part that queries need is ready. */
  readonly ready: boolean;
  /** State by part, for people: `database`, `reference`, `snapshots`. */
  readonly parts: Readonly<Record<string, PartState>>;
}

/**
 * Adds `/health/live` (200 as long as the process answers; restart it otherwise) and `/health/ready` (200 or 503; send no
 * queries otherwise). Both answer JSON that no cache may keep.
 */
export function addHealth(app: FastifyInstance, readiness: () => Readiness): void {
  app.get('/health/live', async (_request, reply) => reply.header('cache-control', 'no-store').send({ live: true }));
  app.get('/health/ready', async (_request, reply) => {
    const state = readiness();
    return reply
      .code(state.ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(state);
  });
}
