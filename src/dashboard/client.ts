import { Client, cacheExchange, fetchExchange, mapExchange, subscriptionExchange } from 'urql';
import { subscribe } from './connection.ts';
import { expireToken, tokenOf } from './token.ts';

/** The platform as the dashboard asks it now, signed in or not: queries over HTTP, subscriptions over one WebSocket, resumed without a gap. */
export function makeClient(): Client {
  const token = tokenOf();
  return new Client({
    url: '/graphql',
    preferGetMethod: false,
    // Scores move while the page is open: what is known is shown at once, and asked for again.
    requestPolicy: 'cache-and-network',
    ...(token === null ? {} : { fetchOptions: { headers: { authorization: `Bearer ${token}` } } }),
    exchanges: [
      mapExchange({
        onResult({ error }) {
          const isRefused = error?.graphQLErrors.some(({ extensions }) => extensions.code === 'AUTH_INVALID') ?? false;
          // Unless somebody has signed in with another one meanwhile.
          if (isRefused && token === tokenOf()) expireToken();
        },
      }),
      cacheExchange,
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query, variables }) => ({
          subscribe: (sink) => ({
            unsubscribe: subscribe(
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
