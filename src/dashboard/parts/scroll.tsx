import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useWords } from '../language.tsx';
import { FRAME_WORDS } from '../text.ts';

/** What may be wider or longer than its place: it scrolls by itself, by keyboard too, says so when it is wider, and the page never scrolls sideways. */
export function Scroll({
  label,
  className,
  children,
}: {
  /** What it holds, read out when it gets the focus. */
  readonly label: string;
  readonly className?: string;
  readonly children: ReactNode;
}) {
  const say = useWords(FRAME_WORDS);
  const frame = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const [isWider, setWider] = useState(false);
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      const shown = frame.current?.clientWidth ?? 0;
      // Less than a letter is no reason to scroll.
      setWider((content.current?.scrollWidth ?? 0) > shown + 4);
    });
    for (const { current } of [frame, content]) if (current !== null) observer.observe(current);
    return () => observer.disconnect();
  }, []);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1)
    <section ref={frame} className={`scroll ${className ?? ''}`} aria-label={label} tabIndex={0}>
      {isWider ? (
        <p className="scroll-cue" aria-hidden="true">
          {say('scrollCue')}
        </p>
      ) : null}
      <div ref={content}>{children}</div>
    </section>
  );
}
