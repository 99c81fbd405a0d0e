import fastify from 'fastify';
import { addErrorHandlers } from './error.js';
import { addHealth } from './health.js';
import { explainListening, type Server, type ServerOptions, urlOf } from './http.js';

/** The server of a process that works and answers nobody: health, and nothing else. @throws PlatformError PORT_IN_USE, CONFIG_INVALID */
export async function startHealthServer(
  options: Pick<ServerOptions, 'host' | 'port' | 'readiness' | 'log'>,
): Promise<Server> {
  const app = fastify({ logger: { level: 'warn', stream: { write: options.log } } });
  addErrorHandlers(app);
  addHealth(app, options.readiness);
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
