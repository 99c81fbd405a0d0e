import { Client, cacheExchange, fetchExchange, subscriptionExchange } from 'urql';
import { socket } from './connection.ts';
import { subscribeResuming } from './resuming.ts';
import { tokenOf } from './token.ts';

/** The platform as the dashboard asks it: queries over HTTP, subscriptions over one WebSocket, resumed without a gap. */
export function makeClient(): Client {
  return new Client({
    url: '/graphql',
    preferGetMethod: false,
    // Scores move while the page is open: what is known is shown at once, and asked for again.
    requestPolicy: 'cache-and-network',
    fetchOptions: () => {
      const token = tokenOf();
      return token === null ? {} : { headers: { authorization: `Bearer ${token}` } };
    },
    exchanges: [
      cacheExchange,
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query, variables }) => ({
          subscribe: (sink) => ({
            unsubscribe: subscribeResuming(
              socket,
              { query: query ?? '', variables: variables ?? {} },
              {
                next: (result) =>
                  sink.next({
                    ...(result.data === undefined ? {} : { data: result.data }),
                    ...(result.errors === undefined ? {} : { errors: [...result.errors] }),
                  }),
                error: (error) => sink.error(error),
                complete: () => sink.complete(),
              },
            ),
          }),
        }),
      }),
    ],
  });
}
