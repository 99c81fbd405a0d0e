import { type FormEvent, useId, useRef, useState } from 'react';
import { useWords } from '../language.tsx';
import { FRAME_WORDS } from '../text.ts';
import { hasExpired, setToken, tokenOf } from '../token.ts';
import { useViewer } from '../viewer.tsx';

/** Signs in with a token, or out. The token is tried before it is kept. */
export function SignIn() {
  const say = useWords(FRAME_WORDS);
  const viewer = useViewer();
  const dialog = useRef<HTMLDialogElement>(null);
  const [isRefused, setRefused] = useState(false);
  const id = useId();

  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const token = new FormData(event.currentTarget).get('token');
    if (typeof token !== 'string' || token.trim() === '') return;
    const isAccepted = await tryToken(token.trim());
    setRefused(!isAccepted);
    if (!isAccepted) return;
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
            aria-invalid={isRefused}
          />
          <p id={`${id}-help`} className="help">
            {isRefused ? say('tokenRefused') : say('tokenHelp')}
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

/** Whether the platform accepts a token. */
async function tryToken(token: string): Promise<boolean> {
  const answer = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: '{ viewer { role } }' }),
  }).catch(() => null);
  return answer?.ok === true;
}
