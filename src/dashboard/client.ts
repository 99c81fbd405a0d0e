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
          subscribe: (sink) => {
            let wasRefused = false;
            return {
              unsubscribe: subscribe(
                { query: query ?? '', variables: variables ?? {} },
                {
                  next: (result) => {
                    const errors = result.errors === undefined ? [] : [...result.errors];
                    sink.next({
                      ...(result.data === undefined ? {} : { data: result.data }),
                      // urql goes on to tell of an error until an empty list takes it back.
                      ...(errors.length > 0 || wasRefused ? { errors } : {}),
                    });
                    wasRefused = errors.length > 0;
                  },
                  error: (error) => sink.error(error),
                  complete: () => sink.complete(),
                },
              ),
            };
          },
        }),
      }),
    ],
  });
}
