// Follows a ranking live over WebSocket: a line of JSON per event. It survives lost connections and restarts of the platform without a gap.
//
//   npx node examples/typescript/live.ts PROVINCE-2026 3     # three events, then it ends; without the number it goes on
//
// Node 24 runs TypeScript as it is, and has a WebSocket; browsers too. To copy it: npm install graphql graphql-ws
import { type Client, createClient } from 'graphql-ws';

interface Update {
  readonly revision: string;
  readonly previousRevision: string | null;
  readonly complete: boolean;
  readonly rows: readonly {
    readonly rank: number | null;
    readonly value: number | null;
    readonly entity: { readonly code: string; readonly name: string };
  }[];
}

const { DTI_URL = 'http://127.0.0.1:4000', DTI_TOKEN } = process.env;
const [round = '', count = 'Infinity'] = process.argv.slice(2);

let patience: NodeJS.Timeout | undefined;
const client = createClient({
  url: `${DTI_URL.replace(/^http/, 'ws')}/graphql`,
  connectionParams: DTI_TOKEN === undefined ? {} : { authorization: `Bearer ${DTI_TOKEN}` },
  // graphql-ws would connect again by itself, but with the old variables: with a `since` that is long over. `follow` does it instead.
  retryAttempts: 0,
  // A connection that died without a word says nothing: it is ended when a ping stays without an answer.
  keepAlive: 10_000,
  on: {
    ping: (received) => {
      if (!received) patience = setTimeout(() => client.terminate(), 5_000);
    },
    pong: (received) => {
      if (received) clearTimeout(patience);
    },
    closed: () => clearTimeout(patience),
  },
});

/**
 * The events of a subscription; after a lost connection it goes on behind the last revision, so that none is lost and none comes twice.
 * @param query declares `$since: String`, hands it to its field, and selects `revision previousRevision complete`
 * @throws what the platform answers to the operation itself, an array of GraphQL errors: it would be refused again
 */
async function* follow(socket: Client, query: string, variables: Record<string, unknown>): AsyncGenerator<Update> {
  let since: string | null = null;
  for (let attempt = 0; ; attempt += 1) {
    try {
      for await (const { data, errors } of socket.iterate<Record<string, Update>>({
        query,
        variables: { ...variables, since },
      })) {
        if (errors !== undefined) throw errors;
        const update: Update | undefined = Object.values(data ?? {})[0];
        if (update === undefined) continue;
        if (!update.complete && update.previousRevision !== since) {
          since = null; // Something is missing: ask for the whole state.
          break;
        }
        since = update.revision;
        attempt = 0;
        yield update;
      }
    } catch (error) {
      if (Array.isArray(error) || isFinal(error)) throw error;
    }
    // Short at first, and never in step with all the others who lost the same gateway.
    const waitMs = Math.min(250 * 2 ** attempt, 5_000) * (0.5 + Math.random());
    console.error(`the connection was lost: again in ${Math.round(waitMs)} ms, since revision ${since}`);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

/** Whether a socket was closed for good: a token that is not taken, or a mistake of this program. */
function isFinal(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && [4400, 4401, 4403].includes(Number(error.code))
  );
}

const LIVE = `subscription Live($round: String!, $since: String) {
  rankingUpdates(round: $round, since: $since) {
    revision previousRevision complete
    rows { rank previousRank value entity { code name } }
  }
}`;

const ranking = new Map<string, Update['rows'][number]>();
let events = 0;
try {
  for await (const update of follow(client, LIVE, { round })) {
    if (update.complete) ranking.clear(); // The rows are the whole state, and replace what was there.
    for (const row of update.rows) ranking.set(row.entity.code, row);
    console.log(JSON.stringify(update));
    events += 1;
    if (events >= Number(count)) break;
  }
  // What was put together from the events is the ranking as of the last revision.
  const best = [...ranking.values()]
    .filter(({ rank }) => rank !== null)
    .sort((a, b) => Number(a.rank) - Number(b.rank));
  for (const { rank, entity, value } of best.slice(0, 5)) console.error(rank, entity.name, value?.toFixed(4));
} catch (error) {
  if (!Array.isArray(error)) throw error;
  for (const { extensions, message } of error) console.error(`${extensions?.code}: ${message}`);
  process.exitCode = 1;
}
await client.dispose();
