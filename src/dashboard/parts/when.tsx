import { useEffect, useMemo, useState } from 'react';
import { useFormats, useLanguage, useWords } from '../language.tsx';
import { FRAME_WORDS } from '../text.ts';

const TICK_MS = 15_000;
const STEPS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

/** How long ago something was, with the time itself on request; it goes on by itself. */
export function Ago({ time }: { readonly time: string }) {
  const { language } = useLanguage();
  const say = useWords(FRAME_WORDS);
  const formats = useFormats();
  const now = useNow();
  const relative = useMemo(() => new Intl.RelativeTimeFormat(language, { numeric: 'auto' }), [language]);
  const seconds = Math.max(0, (now - Date.parse(time)) / 1000);
  const [unit, size] = STEPS.find(([, each]) => seconds >= each) ?? [null, 1];
  return (
    <time dateTime={time} title={formats.time(time)}>
      {unit === null ? say('justNow') : relative.format(-Math.floor(seconds / size), unit)}
    </time>
  );
}

function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** A span of seconds in the largest unit that it fills, such as `2 days`. */
export function useSpan(): (seconds: number) => string {
  const { language } = useLanguage();
  return (seconds) => {
    const [unit, size] = STEPS.find(([, each]) => seconds >= each) ?? (['second', 1] as const);
    const count = Math.round((seconds / size) * 10) / 10;
    return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(count);
  };
}

/** Writes an ISO day as the language does. */
export function useDay(): (day: string) => string {
  const { language } = useLanguage();
  return useMemo(() => {
    const format = new Intl.DateTimeFormat(language === 'vi' ? 'vi-VN' : 'en-GB', {
      ...{ day: '2-digit', month: '2-digit', year: 'numeric' },
      timeZone: 'UTC',
    });
    return (day) => format.format(new Date(`${day}T00:00:00Z`));
  }, [language]);
}
