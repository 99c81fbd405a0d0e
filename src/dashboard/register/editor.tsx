import { type KeyboardEvent, type RefObject, useRef } from 'react';
import type { ManifestProblem } from './problems.ts';

/** A text with numbered lines; lines with a mistake are marked in the margin and behind the text. */
export function Editor({
  text,
  change,
  problems,
  area,
  labelledBy,
  describedBy,
}: {
  readonly text: string;
  readonly change: (text: string) => void;
  readonly problems: readonly ManifestProblem[];
  readonly area: RefObject<HTMLTextAreaElement | null>;
  readonly labelledBy: string;
  readonly describedBy: string;
}) {
  const margin = useRef<HTMLDivElement>(null);
  const wrong = new Set(problems.map(({ line }) => line));
  const lines = text.split('\n');
  const follow = (): void => {
    if (margin.current && area.current) margin.current.style.transform = `translateY(${-area.current.scrollTop}px)`;
  };
  return (
    <div className="editor">
      <div className="editor-margin" aria-hidden="true">
        <div ref={margin}>
          {lines.map((_, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is known by its number
            <div key={at} className={wrong.has(at + 1) ? 'is-wrong' : undefined}>
              {wrong.has(at + 1) ? '▸ ' : ''}
              {at + 1}
            </div>
          ))}
        </div>
      </div>
      <textarea
        ref={area}
        value={text}
        rows={Math.min(36, Math.max(18, lines.length + 1))}
        wrap="off"
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        aria-labelledby={labelledBy}
        aria-describedby={describedBy}
        aria-invalid={problems.length > 0}
        onChange={(event) => change(event.target.value)}
        onScroll={follow}
        onKeyDown={indent}
      />
    </div>
  );
}

/** A new line begins where the one before it does. The key Tab stays what it is on every page: the way out. */
function indent(event: KeyboardEvent<HTMLTextAreaElement>): void {
  if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
  const { value, selectionStart } = event.currentTarget;
  const before = value.slice(value.lastIndexOf('\n', selectionStart - 1) + 1, selectionStart);
  const space = /^ */.exec(before)?.[0] ?? '';
  if (space === '') return;
  // Out of date, and still the only way that the browser's own undo knows of.
  if (document.execCommand('insertText', false, `\n${space}`)) event.preventDefault();
}
