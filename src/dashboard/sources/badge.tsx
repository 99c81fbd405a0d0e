import { useWords } from '../language.tsx';
import { SOURCE_WORDS } from './text.ts';

const SIGNS = { good: '●', warn: '▲', bad: '✕', quiet: '○', busy: '◐' } as const;
const ACTIVITY = {
  ACTIVE: 'good',
  CHECKED: 'busy',
  DRAFT: 'quiet',
  PAUSED: 'warn',
  RETIRED: 'quiet',
  IN_USE: 'good',
} as const;
const RUN = {
  SUCCEEDED: 'good',
  SUCCEEDED_WITH_REJECTS: 'warn',
  FAILED: 'bad',
  RUNNING: 'busy',
  CANCELLED: 'quiet',
} as const;
const CIRCUIT = { CLOSED: 'good', HALF_OPEN: 'warn', OPEN: 'bad' } as const;
const TONES = { ...ACTIVITY, ...RUN, ...CIRCUIT, isFresh: 'good', isStale: 'bad' } as const;

/** What a badge can say. */
export type BadgeName = keyof typeof TONES;

/** A state in a word, with a sign before it, so that colour is never the only one. */
export function Badge({ name }: { readonly name: BadgeName }) {
  const say = useWords(SOURCE_WORDS);
  const tone = TONES[name];
  return (
    <span className={`badge is-${tone}`}>
      <span aria-hidden="true">{SIGNS[tone]}</span> {say(name)}
    </span>
  );
}

/** Marks a source that a simulator stands in for. */
export function SimulatedMark({ simulated }: { readonly simulated: boolean }) {
  const say = useWords(SOURCE_WORDS);
  return simulated ? <span className="mark">{say('simulated')}</span> : null;
}
