// A query with variables, a list page by page, and errors with their codes.
//
//   npx node examples/typescript/query.ts PROVINCE-2022
//
// Node 24 runs TypeScript as it is. To copy it: npm install graphql graphql-request
import { ClientError, GraphQLClient, gql } from 'graphql-request';

const { DTI_URL = 'http://127.0.0.1:4000', DTI_TOKEN } = process.env;
const [round = 'PROVINCE-2022'] = process.argv.slice(2);

const client = new GraphQLClient(`${DTI_URL}/graphql`, {
  headers: DTI_TOKEN === undefined ? {} : { authorization: `Bearer ${DTI_TOKEN}` },
  // A platform that does not answer must not hold this program up for ever. It gives an operation 10 s itself.
  fetch: (input: string | URL | Request, init?: RequestInit) =>
    fetch(input, { ...init, signal: AbortSignal.timeout(30_000) }),
});

interface Page {
  readonly scores: {
    readonly totalCount: number;
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
    readonly edges: readonly {
      readonly node: {
        readonly value: number | null;
        readonly entity: { readonly name: string };
        readonly measure: { readonly code: string };
      };
    }[];
  };
}

// Values go into variables, never into the text: the platform knows a document that it has seen, and nothing has to be escaped.
const SCORES = gql`
  query Scores($round: String!, $after: String) {
    scores(round: $round, kind: MAIN_INDEX, first: 200, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      edges { node { value entity { name } measure { code } } }
    }
  }
`;

try {
  let found = 0;
  let after: string | null = null;
  do {
    // A cursor keeps the state of the first page, so no row is missed or comes twice while figures change.
    const page: Page = await client.request<Page>(SCORES, { round, after });
    found += page.scores.edges.length;
    after = page.scores.pageInfo.hasNextPage ? page.scores.pageInfo.endCursor : null;
    for (const { node } of page.scores.edges.slice(0, 2)) {
      // No value is null, which is not 0.
      console.log(node.entity.name, node.measure.code, node.value?.toFixed(4) ?? 'no value');
    }
    if (after === null) console.log(`${found} of ${page.scores.totalCount} scores`);
  } while (after !== null);
} catch (error) {
  if (!(error instanceof ClientError)) throw error;
  // `extensions.code` is for programs (NOT_FOUND, QUERY_TOO_COSTLY, AUTH_REQUIRED, …), the message for people.
  for (const { extensions, message } of error.response.errors ?? []) console.error(`${extensions?.code}: ${message}`);
  process.exitCode = 1;
}
