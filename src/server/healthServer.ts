import fastify, { type FastifyRequest, LogController } from 'fastify';
import { addErrorHandlers } from './error.js';
import { addHealth } from './health.js';
import { explainListening, type Server, type ServerOptions, urlOf } from './http.js';
import { Identity } from './identity.js';
import { logOptions } from './log.js';
import { addMetrics, Metrics } from './metrics.js';

/** The server of a process that works and answers nobody: health and metrics, and nothing else. @throws PlatformError PORT_IN_USE, CONFIG_INVALID */
export async function startHealthServer(
  options: Pick<ServerOptions, 'host' | 'port' | 'readiness' | 'log' | 'logLevel' | 'metrics' | 'authenticator'>,
): Promise<Server> {
  const app = fastify({
    logController: new LogController({ disableRequestLogging: true }),
    logger: { ...logOptions('server', options.logLevel ?? 'warn'), stream: { write: options.log } },
  });
  addErrorHandlers(app);
  addHealth(app, options.readiness);
  const authenticator = options.authenticator ?? (() => null);
  const identity = new Identity({ authenticator, rateLimitPerMinute: 0, costLimitPerMinute: 0 });
  const signIn = async ({ headers, ip }: FastifyRequest) => (await identity.signIn(headers.authorization, ip)).viewer;
  addMetrics(app, options.metrics ?? new Metrics(), signIn);
  try {
    await app.listen({ host: options.host, port: options.port });
  } catch (error) {
    await app.close();
    throw explainListening(error, options);
  }
  return {
    url: urlOf(app, options.host),
    async close() {
      // Probes keep their connections.
      app.server.closeAllConnections();
      await app.close();
    },
  };
}
