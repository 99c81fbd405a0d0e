import { useId, useRef, useState } from 'react';
import { type CombinedError, useMutation } from 'urql';
import { Link } from 'wouter';
import {
  ActivateSourceDocument,
  CheckSourceDocument,
  PauseSourceDocument,
  RetireSourceDocument,
  type SourceDetailQuery,
  SyncSourceDocument,
} from '../generated/operations.ts';
import { useWords } from '../language.tsx';
import { useViewer } from '../viewer.tsx';
import { Problem } from './problem.tsx';
import { SOURCE_WORDS } from './text.ts';

/** What a viewer may do with a source as it stands: read it now, check, activate, pause, retire, or write a new version. */
export function SourceActions({
  source: { key, status },
  isRunning,
  changed,
}: {
  readonly source: NonNullable<SourceDetailQuery['source']>;
  readonly isRunning: boolean;
  readonly changed: () => void;
}) {
  const say = useWords(SOURCE_WORDS);
  const viewer = useViewer();
  const [error, setError] = useState<CombinedError | null>(null);
  const [note, setNote] = useState<string | null>(null);
  const [syncing, sync] = useMutation(SyncSourceDocument);
  const [checking, check] = useMutation(CheckSourceDocument);
  const [activating, activate] = useMutation(ActivateSourceDocument);
  const [pausing, pause] = useMutation(PauseSourceDocument);
  const [retiring, retire] = useMutation(RetireSourceDocument);
  const isBusy = [syncing, checking, activating, pausing, retiring].some(({ fetching }) => fetching);

  const after = (result: { readonly error?: CombinedError | undefined }, done: string | null): void => {
    setError(result.error ?? null);
    setNote(result.error ? null : done);
    changed();
  };
  const isActive = status === 'ACTIVE';
  const isRetired = status === 'RETIRED';
  const buttons = [
    {
      name: 'syncNow',
      may: viewer.maySync && isActive,
      do: async () => after(await sync({ key, mode: 'INCREMENTAL' }), say('syncAsked')),
    },
    {
      name: 'syncAll',
      may: viewer.maySync && isActive,
      do: async () => after(await sync({ key, mode: 'FULL_REFRESH' }), say('syncAsked')),
    },
    {
      name: 'check',
      may: viewer.mayCheck && !isRetired,
      do: async () => {
        const result = await check({ key });
        after(result, result.data?.checkSource.message ?? null);
      },
    },
    {
      name: 'activate',
      may: viewer.mayActivate && (status === 'CHECKED' || status === 'PAUSED'),
      do: async () => after(await activate({ key }), say('activated')),
    },
    { name: 'pause', may: viewer.mayPause && isActive, do: async () => after(await pause({ key }), say('paused')) },
  ] as const;
  const shown = buttons.filter(({ may }) => may);
  if (shown.length === 0 && !viewer.mayRetire && !viewer.mayRegister) return null;
  return (
    <section aria-label={say('actions')}>
      <p className="actions">
        {shown.map((button, at) => (
          <button
            key={button.name}
            type="button"
            className={at === 0 ? 'primary' : undefined}
            disabled={isBusy || (isRunning && button.name.startsWith('sync'))}
            onClick={() => void button.do()}
          >
            {say(button.name)}
          </button>
        ))}
        {viewer.mayRetire && !isRetired ? (
          <Retire isBusy={isBusy} retire={async () => after(await retire({ key }), say('retired'))} />
        ) : null}
        {viewer.mayRegister && !isRetired ? <Link href={`/register?from=${key}`}>{say('newVersion')}</Link> : null}
      </p>
      <div role="status">{note === null ? null : <p className="note">{note}</p>}</div>
      {error === null ? null : <Problem error={error} />}
    </section>
  );
}

/** Retiring is for good, so it is asked about. */
function Retire({ isBusy, retire }: { readonly isBusy: boolean; readonly retire: () => Promise<void> }) {
  const say = useWords(SOURCE_WORDS);
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  return (
    <>
      <button type="button" disabled={isBusy} onClick={() => dialog.current?.showModal()}>
        {say('retire')}
      </button>
      <dialog ref={dialog} aria-labelledby={id}>
        <h2 id={id}>{say('retireTitle')}</h2>
        <p>{say('retireHelp')}</p>
        <p className="actions">
          <button
            type="button"
            className="primary"
            onClick={() => {
              dialog.current?.close();
              void retire();
            }}
          >
            {say('retire')}
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            {say('cancel')}
          </button>
        </p>
      </dialog>
    </>
  );
}
