// The limit of repeated answers: Fastify sends stored bytes. PUT /Q1 stores them, POST /Q1 answers with them.
import Fastify from 'fastify';
import { ready } from './start.js';

const stored = new Map();
const app = Fastify();
app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
app.put('/:query', (request, reply) => {
  stored.set(request.url, request.body);
  reply.send();
});
app.post('/:query', (request, reply) => {
  reply.header('content-type', 'application/json; charset=utf-8');
  reply.send(stored.get(request.url));
});
await app.listen({ port: 0, host: '127.0.0.1' });
ready(app.server.address().port);
