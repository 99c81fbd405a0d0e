import type { Trial } from './trial.js';

/** Shorter secrets stand in other words by accident. */
const SHORTEST = 6;

/** Finds secrets in what a trial left for people and tables to see, plain, URL-encoded, in base64 and in hexadecimal. @returns one place each */
export function findLeaks(trial: Trial, settings: Readonly<Record<string, string>>): readonly string[] {
  const secrets = new Map(
    [...Object.entries(settings), ...tokensOf(trial)].filter(([, value]) => value.length >= SHORTEST),
  );
  if (secrets.size === 0) return [];
  const { pages, failure, attempts } = trial;
  const places: [string, string][] = [
    [
      'the failure',
      failure === null
        ? ''
        : `${failure.message} ${JSON.stringify(failure.details)} ${failure.stack} ${String(failure.cause)}`,
    ],
    ['the log of attempts', JSON.stringify(attempts)],
    ...pages.map((page): [string, string] => {
      const { records, ...shown } = page;
      return [`page ${page.sequence + 1} of ${page.stream}`, `${JSON.stringify(shown)} ${page.body} ${records.length}`];
    }),
  ];
  return places.flatMap(([place, text]) =>
    [...secrets].flatMap(([name, value]) =>
      spellings(value)
        .filter(([, form]) => text.includes(form))
        .slice(0, 1)
        .map(([form]) => `${name} stands ${form} in ${place}`),
    ),
  );
}

/** Tokens that were made in the run: what requests carry in headers that are for them. */
function tokensOf({ requests }: Trial): [string, string][] {
  return requests.flatMap(({ headers }) =>
    Object.entries(headers).flatMap(([name, value]): [string, string][] => {
      if (!/authorization|session|token|api-?key/.test(name)) return [];
      const [, token] = /^(?:Bearer )?([^ ]+)$/.exec(String(value)) ?? [];
      return token === undefined ? [] : [[`the value of the header ${name}`, token]];
    }),
  );
}

function spellings(secret: string): readonly [string, string][] {
  const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '');
  return [
    ['plain', secret],
    ['URL-encoded', encodeURIComponent(secret)],
    ['in base64', base64],
    ['in base64url', base64.replaceAll('+', '-').replaceAll('/', '_')],
    ['in hexadecimal', Buffer.from(secret).toString('hex')],
  ];
}
