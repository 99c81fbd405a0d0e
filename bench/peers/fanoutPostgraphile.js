// PostGraphile's fan-out: LISTEN and NOTIFY, one plan per subscriber. POST /publish?n=K pushes K messages through PostgreSQL.
import { createServer } from 'node:http';
import pg from 'pg';
import { postgraphile } from 'postgraphile';
import { jsonParse } from 'postgraphile/@dataplan/json';
import { makePgService } from 'postgraphile/adaptors/pg';
import { constant, context, lambda, listen as listenTo } from 'postgraphile/grafast';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { extendSchema, gql } from 'postgraphile/utils';
import { update } from './payload.js';
import { listen } from './start.js';

const connectionString = process.env.DATABASE_URL;
const get = (names) => Object.fromEntries(names.map((name) => [name, ($event) => $event.get(name)]));
const plugin = extendSchema(() => ({
  typeDefs: gql`
    type ScoreRow { code: String overall: Float rank: Int delta: Int }
    type ScoresUpdate { seq: Float year: Int scores: [ScoreRow] end: String }
    extend type Subscription { scoresUpdated: ScoresUpdate }`,
  objects: {
    Subscription: {
      plans: {
        scoresUpdated: {
          subscribePlan: () => listenTo(context().get('pgSubscriber'), constant('scores'), jsonParse),
          plan: ($event) => $event,
        },
      },
    },
    ScoresUpdate: { plans: get(['seq', 'year', 'scores', 'end']) },
    ScoreRow: {
      plans: Object.fromEntries(
        ['code', 'overall', 'rank', 'delta'].map((name) => [name, ($row) => lambda($row, (row) => row[name], true)]),
      ),
    },
  },
}));
const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  plugins: [plugin],
  grafast: { explain: false },
  pgServices: [makePgService({ connectionString, schemas: ['peers'], pubsub: true })],
  grafserv: { websockets: true, graphiql: false, watch: false, graphqlPath: '/graphql' },
});
const client = new pg.Client({ connectionString });
await client.connect();
let sequence = 0;
const server = createServer();
await instance.createServ(grafserv).addTo(server);
const [serve] = server.listeners('request');
server.removeListener('request', serve);
server.on('request', async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://peer');
  if (pathname !== '/publish') return serve.call(server, request, response);
  for (let left = Number(searchParams.get('n') ?? 1); left > 0; left -= 1) {
    sequence += 1;
    await client.query('select pg_notify($1, $2)', ['scores', JSON.stringify(update(sequence))]);
  }
  response.end('ok');
});
await listen(server);
