import { type ReactNode, useState } from 'react';
import { type CombinedError, useMutation } from 'urql';
import { Link } from 'wouter';
import {
  ActivateSourceDocument,
  CheckSourceDocument,
  RegisterManifestDocument,
  SyncSourceDocument,
} from '../generated/operations.ts';
import { useFormats, useWords } from '../language.tsx';
import { Progress } from '../sources/account.tsx';
import { Badge } from '../sources/badge.tsx';
import { type LiveRun, numberOfRun, useLiveRuns } from '../sources/liveRuns.ts';
import { Problem } from '../sources/problem.tsx';
import { useViewer } from '../viewer.tsx';
import type { Draft } from './draft.ts';
import type { ManifestProblem } from './problems.ts';
import type { SecretValue } from './secrets.tsx';
import { REGISTER_WORDS } from './text.ts';

const STEPS = ['register', 'check', 'activate', 'read'] as const;
type Step = (typeof STEPS)[number];

/** What came of a step: done with a word about it, or refused with the platform's reason. */
interface Outcome {
  readonly step: Step;
  readonly isDone: boolean;
  readonly text: string | null;
  readonly error: CombinedError | null;
}

/** The draft that was registered, and how far its source has come. */
interface Way {
  readonly draft: Draft;
  /** Those that were registered with it: a check that fails for a wrong one is mended by registering another. */
  readonly secrets: readonly SecretValue[];
  readonly key: string;
  readonly version: number;
  readonly outcomes: readonly Outcome[];
  /** Number of the last run before the first one was asked for, 0 = there was none; null = it was not asked for yet. */
  readonly askedAfter: number | null;
}

/**
 * Brings a manifest into use: register, check, activate, read. One step at a time, each tried again when it fails; a changed manifest, address or secret begins anew.
 * @param isReady whether the manifest is known to have no mistakes
 */
export function Steps({
  draft,
  secrets,
  isReady,
  refuse,
}: {
  readonly draft: Draft;
  readonly secrets: readonly SecretValue[];
  readonly isReady: boolean;
  readonly refuse: (problems: readonly ManifestProblem[]) => void;
}) {
  const say = useWords(REGISTER_WORDS);
  const viewer = useViewer();
  const [way, setWay] = useState<Way | null>(null);
  const [failed, setFailed] = useState<Outcome | null>(null);
  const [registering, register] = useMutation(RegisterManifestDocument);
  const [checking, check] = useMutation(CheckSourceDocument);
  const [activating, activate] = useMutation(ActivateSourceDocument);
  const [reading, read] = useMutation(SyncSourceDocument);
  const current = way !== null && isOf(way, draft, secrets) ? way : null;
  const outcomes = current?.outcomes ?? [];
  // Heard of from the registration on: a run that nobody was listening to may be over before one listens.
  const { runs } = useLiveRuns(current?.key ?? null, current === null);
  const newest = current === null ? undefined : runs.get(current.key)?.reading;
  const askedAfter = current?.askedAfter ?? null;
  const run = askedAfter !== null && newest && numberOfRun(newest) > askedAfter ? newest : null;
  const isReading = askedAfter !== null && (run === null || run.status === 'RUNNING');
  const isDone = (step: Step): boolean =>
    step === 'read' ? run !== null && hasRead(run) : outcomes.some((each) => each.step === step && each.isDone);
  const next = STEPS.find((step) => !isDone(step));
  const isBusy = isReading || [registering, checking, activating, reading].some(({ fetching }) => fetching);

  const note = (outcome: Outcome, begun: Way | null): void => {
    setFailed(outcome.isDone ? null : outcome);
    if (begun !== null) setWay({ ...begun, outcomes: [...begun.outcomes, outcome] });
  };
  const actions: Readonly<Record<Step, (way: Way | null) => Promise<void>>> = {
    register: async () => {
      const baseUrl = draft.baseUrl.trim() === '' ? {} : { baseUrl: draft.baseUrl.trim() };
      const { data, error } = await register({ input: { manifest: draft.manifest, secrets, ...baseUrl } });
      const source = data?.registerSource.source ?? null;
      refuse(data?.registerSource.problems ?? []);
      const text =
        source === null ? say('notRegistered') : say('registered', { key: source.key, version: source.version });
      const outcome: Outcome = { step: 'register', isDone: source !== null, text, error: error ?? null };
      note(
        outcome,
        source === null
          ? null
          : { draft, secrets, key: source.key, version: source.version, outcomes: [], askedAfter: null },
      );
    },
    check: async (begun) => {
      const { data, error } = await check({ key: begun?.key ?? '' });
      const found = data?.checkSource;
      note({ step: 'check', isDone: found?.ok === true, text: found?.message ?? null, error: error ?? null }, begun);
    },
    activate: async (begun) => {
      const { error } = await activate({ key: begun?.key ?? '', version: begun?.version ?? null });
      const outcome = { step: 'activate' as const, isDone: error === undefined, error: error ?? null };
      note({ ...outcome, text: error ? null : say('activated') }, begun);
    },
    read: async (begun) => {
      const before = newest ? numberOfRun(newest) : 0;
      const { error } = await read({ key: begun?.key ?? '', mode: 'INCREMENTAL' });
      setFailed(error ? { step: 'read', isDone: false, text: null, error } : null);
      if (begun !== null && !error) setWay({ ...begun, askedAfter: before });
    },
  };
  const may = {
    register: viewer.mayRegister && isReady,
    check: viewer.mayCheck,
    activate: viewer.mayActivate,
    read: viewer.maySync,
  };
  return (
    <section aria-label={say('steps')}>
      <h2>{say('steps')}</h2>
      <ol className="step-list">
        {STEPS.map((step) => {
          const done = outcomes.find((each) => each.step === step && each.isDone);
          const refused = failed?.step === step && next === step ? failed : undefined;
          return (
            <StepItem key={step} step={step} isDone={isDone(step)} isNext={next === step} outcome={done ?? refused}>
              {step === 'read' && askedAfter !== null ? <FirstRun run={run} /> : null}
              {next === step ? (
                <button
                  type="button"
                  className="primary"
                  disabled={isBusy || !may[step]}
                  onClick={() => void actions[step](current)}
                >
                  {say(isBusy ? 'working' : refused || (step === 'read' && run) ? 'again' : `do_${step}`)}
                </button>
              ) : null}
            </StepItem>
          );
        })}
      </ol>
      {next === 'register' && !isReady ? <p className="help">{say('mendFirst')}</p> : null}
      {current === null ? null : (
        <p>
          <Link href={`/sources/${current.key}`}>{say('toSource', { key: current.key })}</Link>
        </p>
      )}
    </section>
  );
}

/** Whether a run has ended with something to show for it: one whose every row was refused has not. */
function hasRead({ status, written, superseded, unchanged }: LiveRun): boolean {
  return status === 'SUCCEEDED' || (status === 'SUCCEEDED_WITH_REJECTS' && written + superseded + unchanged > 0);
}

/** How far the first run is, or how it ended. */
function FirstRun({ run }: { readonly run: LiveRun | null }) {
  const say = useWords(REGISTER_WORDS);
  const { number } = useFormats();
  if (run === null) return <p role="status">{say('readAsked')}</p>;
  return (
    <>
      <p role="status">
        <Badge name={run.status} />{' '}
        {run.status === 'RUNNING'
          ? null
          : say('readDone', { written: number(run.written + run.superseded, 0), rejected: number(run.rejected, 0) })}
      </p>
      {run.status === 'RUNNING' ? <Progress run={run} /> : null}
      {run.error === null ? null : (
        <p className="problem">
          <code>{run.error.code}</code> {run.error.message}
        </p>
      )}
    </>
  );
}

/** Whether what was registered is what is written now. */
function isOf(way: Way, draft: Draft, secrets: readonly SecretValue[]): boolean {
  const isSame = way.draft.manifest === draft.manifest && way.draft.baseUrl === draft.baseUrl;
  return isSame && JSON.stringify(way.secrets) === JSON.stringify(secrets);
}

function StepItem({
  step,
  isDone,
  isNext,
  outcome,
  children,
}: {
  readonly step: Step;
  readonly isDone: boolean;
  readonly isNext: boolean;
  readonly outcome: Outcome | undefined;
  readonly children: ReactNode;
}) {
  const say = useWords(REGISTER_WORDS);
  return (
    <li className={isDone ? 'is-done' : isNext ? 'is-next' : undefined} aria-current={isNext ? 'step' : undefined}>
      <strong>{say(`step_${step}`)}</strong> <span className="soft">{isDone ? say('done') : say(`help_${step}`)}</span>
      <div role="status">
        {outcome?.text === null || outcome === undefined ? null : (
          <p className={outcome.isDone ? 'note' : 'problem'}>{outcome.text}</p>
        )}
        {outcome?.error ? <Problem error={outcome.error} /> : null}
      </div>
      {children}
    </li>
  );
}
