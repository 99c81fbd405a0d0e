import { type FormEvent, useId, useRef, useState } from 'react';
import { stringifyDocument } from 'urql';
import { ViewerDocument } from '../generated/operations.ts';
import { useWords } from '../language.tsx';
import { FRAME_WORDS } from '../text.ts';
import { hasExpired, setToken, tokenOf } from '../token.ts';
import { useViewer } from '../viewer.tsx';

/** Signs in with a token, or out. The token is tried before it is kept. */
export function SignIn() {
  const say = useWords(FRAME_WORDS);
  const viewer = useViewer();
  const dialog = useRef<HTMLDialogElement>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const id = useId();

  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const token = new FormData(event.currentTarget).get('token');
    if (typeof token !== 'string' || token.trim() === '') return;
    const refused = await tryToken(token.trim());
    setRefusal(refused);
    if (refused !== null) return;
    dialog.current?.close();
    setToken(token.trim());
  };

  if (tokenOf() !== null) {
    return (
      <span className="signed-in">
        <span>{say(`role_${viewer.role}`)}</span>
        <button type="button" onClick={() => setToken(null)}>
          {say('signOut')}
        </button>
      </span>
    );
  }
  return (
    <>
      {hasExpired() ? <span role="status">{say('signedOut')}</span> : null}
      <button type="button" onClick={() => dialog.current?.showModal()}>
        {say('signIn')}
      </button>
      <dialog ref={dialog} aria-labelledby={`${id}-title`}>
        <form onSubmit={(event) => void submit(event)}>
          <h2 id={`${id}-title`}>{say('signIn')}</h2>
          <label htmlFor={`${id}-token`}>{say('token')}</label>
          <input
            id={`${id}-token`}
            name="token"
            type="password"
            autoComplete="off"
            required
            aria-describedby={`${id}-help`}
            aria-invalid={refusal === 'tokenRefused'}
          />
          <p id={`${id}-help`} className="help">
            {say(refusal ?? 'tokenHelp')}
          </p>
          <p className="actions">
            <button type="submit" className="primary">
              {say('signIn')}
            </button>
            <button type="button" onClick={() => dialog.current?.close()}>
              {say('cancel')}
            </button>
          </p>
        </form>
      </dialog>
    </>
  );
}

/** Why nobody is signed in: the token is wrong, or nobody could look at it now. */
type Refusal = 'tokenRefused' | 'tokenUntried';

/** Tries a token; null = the platform accepts it. */
async function tryToken(token: string): Promise<Refusal | null> {
  const answer = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    // On the list of the dashboard's documents: elsewhere no others may be answered.
    body: JSON.stringify({ query: stringifyDocument(ViewerDocument) }),
  }).catch(() => null);
  if (answer?.ok === true) return null;
  return answer?.status === 401 ? 'tokenRefused' : 'tokenUntried';
}
