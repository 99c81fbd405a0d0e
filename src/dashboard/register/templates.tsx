import { useEffect, useState } from 'react';
import { type CombinedError, useQuery } from 'urql';
import { TemplatesDocument, TemplateTextDocument } from '../generated/operations.ts';
import { useLanguage, useWords } from '../language.tsx';
import type { Draft } from './draft.ts';
import { FIRST_MANIFEST } from './firstManifest.ts';
import { REGISTER_WORDS } from './text.ts';

const FIRST = 'first';

/** A source whose manifest is asked for; as its next version, or as a model for another source. */
interface Wanted {
  readonly key: string;
  readonly isNext: boolean;
}

/**
 * What to begin with: the smallest example, or the manifest of a source that is registered already.
 * @param from key of a source whose next version is to be written; null = none
 */
export function Templates({
  from,
  begin,
  failed,
}: {
  readonly from: string | null;
  readonly begin: (draft: Draft, name: string) => void;
  readonly failed: (error: CombinedError) => void;
}) {
  const say = useWords(REGISTER_WORDS);
  const { language } = useLanguage();
  const [{ data }] = useQuery({ query: TemplatesDocument });
  const [wanted, want] = useState<Wanted | null>(from === null ? null : { key: from, isNext: true });
  const [{ data: found, error, operation }] = useQuery({
    query: TemplateTextDocument,
    variables: { key: wanted?.key ?? '' },
    pause: wanted === null,
  });
  useEffect(() => {
    if (wanted === null || operation?.variables.key !== wanted.key) return;
    if (error) failed(error);
    else if (found?.source?.key !== wanted.key) return;
    want(null);
    const versions = found?.source?.versions ?? [];
    const text = versions.find(({ manifest }) => manifest !== null)?.manifest;
    if (!text) return;
    const next = 1 + Math.max(...versions.map(({ version }) => version));
    const manifest = wanted.isNext ? text.replace(/^version:[ \t]*\d+/m, `version: ${next}`) : text;
    // The address of a registered source is a setting of it and stays; a new source has one of its own.
    begin({ manifest, baseUrl: '' }, wanted.key);
  }, [wanted, found, error, operation, begin, failed]);
  const take = (key: string): void => {
    if (key === FIRST) begin({ manifest: FIRST_MANIFEST, baseUrl: '' }, say('firstTemplate'));
    else want({ key, isNext: false });
  };
  const nodes = (data?.sources.edges ?? []).map(({ node }) => node);
  return (
    <label>
      {say('beginWith')}
      <select value="" onChange={(event) => take(event.target.value)}>
        <option value="" disabled>
          {say('choose')}
        </option>
        <option value={FIRST}>{say('firstTemplate')}</option>
        {nodes.map((node) => (
          <option key={node.key} value={node.key}>
            {node.key}: {language === 'vi' ? node.name_vi : node.name_en}
          </option>
        ))}
      </select>
    </label>
  );
}
