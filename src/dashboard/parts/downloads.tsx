import type { DocumentNode } from 'graphql';
import { stringifyDocument } from 'urql';
import { useLanguage, useWords } from '../language.tsx';
import { FRAME_WORDS } from '../text.ts';

/** Of any query; the others know what a ranking and a score are. */
const QUERY_FORMATS = ['csv', 'xlsx', 'parquet'] as const;
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
      <span>{say('downloads')}:</span>
      {FORMATS.map((format) => (
        <a key={format} href={`/export/${table}.${format}?${search}`} download>
          {NAMES[format]}
        </a>
      ))}
    </p>
  );
}

/**
 * Links that take away the answer to the query of a view, a row for each item: the very table that is shown.
 * @param document one of the dashboard's own, since some platforms answer trusted documents only
 * @param path by response keys to the list whose items are the rows, such as `scoreGroups.edges`
 */
export function QueryDownloads<Variables>({
  document,
  variables,
  path,
}: {
  readonly document: DocumentNode;
  readonly variables: Variables;
  readonly path: string;
}) {
  const say = useWords(FRAME_WORDS);
  const { language } = useLanguage();
  const search = new URLSearchParams({
    path,
    query: stringifyDocument(document),
    variables: JSON.stringify(variables),
    lang: language,
  });
  return (
    <p className="downloads">
      <span>{say('downloads')}:</span>
      {QUERY_FORMATS.map((format) => (
        <a key={format} href={`/export?format=${format}&${search}`} download>
          {NAMES[format]}
        </a>
      ))}
    </p>
  );
}
