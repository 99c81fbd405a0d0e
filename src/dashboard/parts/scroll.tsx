import type { ReactNode } from 'react';

/** What may be wider or longer than its place: it scrolls by itself, by keyboard too, and the page never does sideways. */
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
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1)
    <section className={`scroll ${className ?? ''}`} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
