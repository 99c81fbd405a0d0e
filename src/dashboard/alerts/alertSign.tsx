import './alertSign.css';
import { Link } from 'wouter';
import { useWords, type Words } from '../language.tsx';
import type { RankAlert } from './rankAlerts.ts';

const WORDS = {
  vi: { fell: 'Cảnh báo: tụt từ hạng {from} xuống hạng {to}' },
  en: { fell: 'Alert: fell from rank {from} to {to}' },
} satisfies Words<string>;

/**
 * A small sign that leads to an open alert about a fall in the ranking. Its place is kept free, so that nothing moves when one is raised.
 * @param alert null = none is open
 */
export function AlertSign({ alert }: { readonly alert: RankAlert | null }) {
  const say = useWords(WORDS);
  const text = alert === null ? '' : say('fell', { from: alert.previousRank ?? '?', to: alert.rank ?? '?' });
  return (
    <span className="alert-sign">
      {alert === null ? null : (
        <Link href={`/alerts?kind=RANK_FALL&alert=${alert.id}`} title={text}>
          <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <path d="M8 1.8 15 14H1Z" />
            <path d="M8 6v4M8 11.6v.6" />
          </svg>
          <span className="hidden">{text}</span>
        </Link>
      )}
    </span>
  );
}
