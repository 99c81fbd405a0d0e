// Mercurius with its compiled execution.
import Fastify from 'fastify';
import mercurius from 'mercurius';
import { context, resolvers, typeDefs } from './handSchema.js';
import { ready } from './start.js';

const app = Fastify();
app.register(mercurius, { schema: typeDefs, resolvers, context, jit: 1, path: '/graphql' });
await app.listen({ port: 0, host: '127.0.0.1' });
ready(app.server.address().port);
