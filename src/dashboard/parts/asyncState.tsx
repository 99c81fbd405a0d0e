import { type ReactNode, useEffect } from 'react';
import type { CombinedError } from 'urql';
import { useWords } from '../language.tsx';
import { FRAME_WORDS } from '../text.ts';

const RETRY_MS = 2_000;

/** What there is instead of figures: that they are being read, that there are none, or why they cannot be had. */
export function Waiting() {
  const say = useWords(FRAME_WORDS);
  return (
    <p className="state state-waiting" role="status">
      {say('loading')}
    </p>
  );
}

/** There are no figures. */
export function Empty({ children }: { readonly children?: ReactNode }) {
  const say = useWords(FRAME_WORDS);
  return (
    <p className="state" role="status">
      {children ?? say('empty')}
    </p>
  );
}

/** Why there are no figures, with what to do next. While the platform starts or is away it tries again by itself. */
export function Failure({ error, retry }: { readonly error: CombinedError; readonly retry: () => void }) {
  const say = useWords(FRAME_WORDS);
  const code = codeOf(error);
  const isPassing = error.networkError !== undefined || code === 'STARTING';
  useEffect(() => {
    if (!isPassing) return;
    const timer = setInterval(retry, RETRY_MS);
    return () => clearInterval(timer);
  }, [isPassing, retry]);
  return (
    <div className="state state-failed" role="alert">
      <p>{isPassing ? say('starting') : say('failed')}</p>
      <Reasons error={error} />
      <button type="button" onClick={retry}>
        {say('again')}
      </button>
    </div>
  );
}

/** The code of an error and its messages, a paragraph each. */
export function Reasons({ error }: { readonly error: CombinedError }) {
  const code = codeOf(error);
  return error.graphQLErrors.map(({ message }) => (
    <p key={message}>
      {code === null ? null : <code>{code}</code>} {message}
    </p>
  ));
}

/** The code of the first error of an answer; null when the platform did not answer at all. */
export function codeOf(error: CombinedError): string | null {
  const code: unknown = error.graphQLErrors[0]?.extensions.code;
  return typeof code === 'string' ? code : null;
}
