import { useLanguage, useWords } from '../language.tsx';
import { FRAME_WORDS } from '../text.ts';

const FORMATS = ['csv', 'xlsx', 'json', 'sdmx.csv', 'parquet'] as const;
const NAMES = { csv: 'CSV', xlsx: 'XLSX', json: 'JSON-stat', 'sdmx.csv': 'SDMX-CSV', parquet: 'Parquet' };

/**
 * Links that take away what a view shows, with names in the language of the page.
 * @param table the exported table, such as `ranking`
 * @param parameters as the query's arguments; null and empty ones are left out
 */
export function Downloads({
  table,
  parameters,
}: {
  readonly table: string;
  readonly parameters: Readonly<Record<string, string | null>>;
}) {
  const say = useWords(FRAME_WORDS);
  const { language } = useLanguage();
  const search = new URLSearchParams({ lang: language });
  for (const [name, value] of Object.entries(parameters)) if (value !== null && value !== '') search.set(name, value);
  return (
    <p className="downloads">
      {say('downloads')}:{' '}
      {FORMATS.map((format) => (
        <a key={format} href={`/export/${table}.${format}?${search}`} download>
          {NAMES[format]}
        </a>
      ))}
    </p>
  );
}
