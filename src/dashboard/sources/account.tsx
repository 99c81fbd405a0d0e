import { useFormats, useWords } from '../language.tsx';
import type { LiveRun } from './liveRuns.ts';
import { SOURCE_WORDS } from './text.ts';

/** What becomes of a record that is read; a run's counts of them add up to what it read. */
export const FATES = ['accepted', 'unchanged', 'tombstoned', 'rejected', 'skipped'] as const;
/** See {@link FATES}. */
export type Fate = (typeof FATES)[number];

/** How many records met a fate. New figures and corrections are accepted alike. */
export function countOf(run: LiveRun, fate: Fate): number {
  return fate === 'accepted' ? run.written + run.superseded : run[fate];
}

/** The heads of the columns of an account, after the one of what was read: they add up to it. */
export function FateHeads() {
  const say = useWords(SOURCE_WORDS);
  return FATES.map((fate, at) => (
    <th key={fate} scope="col" className="number from-middle">
      <span aria-hidden="true">{at === 0 ? '= ' : '+ '}</span>
      {say(fate)}
    </th>
  ));
}

/** The account of a run as one bar, a part for each fate; the numbers stand beside it. */
export function AccountBar({ run }: { readonly run: LiveRun }) {
  if (run.read === 0) return null;
  return (
    <span className="account-bar" aria-hidden="true">
      {FATES.map((fate) => (
        <span key={fate} className={`fate-${fate}`} style={{ flexGrow: countOf(run, fate) }} />
      ))}
    </span>
  );
}

/** The account of a run as a sum, with a bar above it. */
export function AccountSum({ run }: { readonly run: LiveRun }) {
  const say = useWords(SOURCE_WORDS);
  const { number } = useFormats();
  return (
    <div className="account">
      <AccountBar run={run} />
      <dl className="account-sum">
        <div>
          <dt>{say('read')}</dt>
          <dd>{number(run.read, 0)}</dd>
        </div>
        {FATES.map((fate, at) => (
          <div key={fate}>
            <dt>
              <span className={`dot fate-${fate}`} aria-hidden="true" />
              {say(fate)}
            </dt>
            <dd>
              <span className="soft">{at === 0 ? '=' : '+'}</span> {number(countOf(run, fate), 0)}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/** How far a run is that is under way. */
export function Progress({ run }: { readonly run: LiveRun }) {
  const say = useWords(SOURCE_WORDS);
  const { number, share } = useFormats();
  const { progress } = run;
  const label = say('progressOf', { records: number(progress.records, 0), pages: number(progress.pages, 0) });
  return (
    <span className="progress">
      <progress aria-label={say('progress')} {...(progress.share === null ? {} : { value: progress.share })} />
      <span>
        {progress.share === null ? '' : `${share(progress.share)} · `}
        {label}
      </span>
    </span>
  );
}
