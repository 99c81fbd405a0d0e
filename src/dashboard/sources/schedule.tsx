import { useLanguage, useWords } from '../language.tsx';
import { SOURCE_WORDS } from './text.ts';

/** When a source is read, in words for the usual schedules, else as cron says it. */
export function Schedule({ cron }: { readonly cron: string | null }) {
  const say = useWords(SOURCE_WORDS);
  const { language } = useLanguage();
  if (cron === null) return <span className="soft">{say('onRequest')}</span>;
  const text = describe(cron, say, language);
  return text === null ? <code>{cron}</code> : <span title={cron}>{text}</span>;
}

type Say = ReturnType<typeof useWords<keyof (typeof SOURCE_WORDS)['en']>>;

function describe(cron: string, say: Say, language: string): string | null {
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = cron.trim().split(/\s+/);
  const isEachDay = day === '*' && month === '*' && weekday === '*';
  const every = /^\*\/(\d+)$/.exec(minute)?.[1];
  if (isEachDay && hour === '*' && every !== undefined) return say('everyMinutes', { count: every });
  if (isEachDay && hour === '*' && /^\d+(,\d+)*$/.test(minute)) {
    return say('everyHour', {
      minutes: minute
        .split(',')
        .map((each) => `:${each.padStart(2, '0')}`)
        .join(', '),
    });
  }
  if (!/^\d+$/.test(minute) || !/^\d+$/.test(hour) || month !== '*') return null;
  const clock = `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`;
  if (isEachDay) return say('everyDay', { clock });
  if (day === '*' && /^[0-7]$/.test(weekday)) {
    // The first of January 2023 was a Sunday, which cron calls 0 and 7.
    const date = new Date(Date.UTC(2023, 0, 1 + Number(weekday)));
    const name = new Intl.DateTimeFormat(language, { weekday: 'long', timeZone: 'UTC' }).format(date);
    return say('everyWeek', { weekday: name, clock });
  }
  return /^\d+$/.test(day) && weekday === '*' ? say('everyMonth', { day, clock }) : null;
}
