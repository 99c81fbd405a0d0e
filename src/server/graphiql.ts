import type { FastifyInstance } from 'fastify';
import { type RuruClientConfig, ruruHTML } from 'ruru/server';
import { getStaticFile } from 'ruru/static';

const STATIC_PATH = '/graphiql/static/';

/**
 * What a new tab shows: three operations that answer on the demonstration data.
 * @param openRound code of a round whose scores still move
 */
function defaultQuery(openRound: string): string {
  return `# The Digital Transformation Index.
# Press the button on the right and choose an operation.

# The first ministries of 2022, and the change of a year.
query Ranking {
  ranking(round: "MINISTRY-2022", first: 5) {
    peerGroup { code name }
    totalCount
    edges {
      node {
        rank
        entity { code name(lang: EN) }
        score { published change { value rank } }
      }
    }
  }
}

# One province (74: Binh Duong): its main indexes, and
# where the figures of one of them come from.
query Profile {
  entity(code: "74", codeSystem: "GSO-2004") {
    name(lang: VI)
    mainIndexes: scores(
      round: "PROVINCE-2022", kind: MAIN_INDEX
    ) {
      measure { code name(lang: EN) }
      published
      rank
    }
    indicators: scores(
      round: "PROVINCE-2022", kind: INDICATOR
      parent: "GOV_ACTIVITY"
    ) {
      measure { code }
      points
      provenance {
        reason
        chosen { value period source { key simulated } }
      }
    }
  }
}

# A ranking, live: first the state, then every change.
subscription Live {
  rankingUpdates(round: "${openRound}") {
    revision
    previousRevision
    complete
    rows { rank previousRank entity { code } value previousValue }
  }
}
`;
}

/** Nothing but this server: the page also works where there is no internet, and tells nobody who reads it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "worker-src 'self' blob:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Adds `/graphiql`, a query editor (Ruru) that is served from this process alone, with subscriptions over WebSocket.
 * @param openRound code of a round for the example of a subscription, asked for by every page
 */
export function addGraphiql(app: FastifyInstance, openRound: () => string): void {
  app.get('/graphiql', async (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', CONTENT_SECURITY_POLICY)
      .send(renderPage(openRound())),
  );
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

function renderPage(openRound: string): string {
  return ruruHTML({
    staticPath: STATIC_PATH,
    endpoint: '/graphql',
    // The cast because the type picks optional properties from a package that is not installed, and makes them required.
    clientConfig: { defaultQuery: defaultQuery(openRound), debugTools: [] } as unknown as RuruClientConfig,
    htmlParts: {
      // An empty icon, so that the browser asks for none.
      titleTag: '<title>GraphiQL · Digital Transformation Index</title><link rel="icon" href="data:,">',
      // Only the browser knows the address and the scheme under which a proxy offers this server.
      configScript: (original) =>
        `${original}\n<script>RURU_CONFIG.subscriptionEndpoint = location.origin.replace(/^http/, 'ws') + '/graphql';</script>`,
    },
  });
}
