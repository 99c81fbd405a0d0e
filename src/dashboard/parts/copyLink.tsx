import { useState } from 'react';
import { useWords } from '../language.tsx';
import { FRAME_WORDS } from '../text.ts';

/**
 * Copies the address of what is shown.
 * @param href the address to copy, absolute or from the root
 */
export function CopyLink({ href }: { readonly href: string }) {
  const say = useWords(FRAME_WORDS);
  const [outcome, setOutcome] = useState<'copied' | 'notCopied' | null>(null);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(new URL(href, location.href).href);
      setOutcome('copied');
    } catch {
      // No clipboard outside a secure context, or not allowed.
      setOutcome('notCopied');
    }
  };
  return (
    <span className="copy-link">
      <button type="button" onClick={() => void copy()}>
        {say('copyLink')}
      </button>{' '}
      <span role="status">{outcome === null ? '' : say(outcome)}</span>
    </span>
  );
}
