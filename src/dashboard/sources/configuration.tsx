import { useEffect, useState } from 'react';
import { type CombinedError, useMutation, useQuery } from 'urql';
import { ActivateSourceDocument, SourceConfigurationDocument } from '../generated/operations.ts';
import { useFormats, useWords } from '../language.tsx';
import { secretNamesIn } from '../register/problems.ts';
import { useViewer } from '../viewer.tsx';
import { Badge } from './badge.tsx';
import { Problem } from './problem.tsx';
import { RawText } from './rawText.tsx';
import { SettingsForm } from './settingsForm.tsx';
import { SOURCE_WORDS } from './text.ts';

/**
 * Address, names of secrets, and the versions of a source, for those who may read them; another version that passed its check can be put into use.
 * @param version in use, and status: when they change, the versions are asked for again
 */
export function Configuration({
  sourceKey,
  version,
  status,
  changed,
}: {
  readonly sourceKey: string;
  readonly version: number;
  readonly status: string;
  readonly changed: () => void;
}) {
  const say = useWords(SOURCE_WORDS);
  const { time } = useFormats();
  const { mayReadSettings, mayReadVersions, mayActivate, maySetSettings } = useViewer();
  const mayRead = mayReadSettings && mayReadVersions;
  const [{ data, error }, ask] = useQuery({
    query: SourceConfigurationDocument,
    variables: { key: sourceKey },
    pause: !mayRead,
  });
  const [refused, setRefused] = useState<CombinedError | null>(null);
  const [activating, activate] = useMutation(ActivateSourceDocument);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of them says that there is something new to ask for
  useEffect(() => {
    if (mayRead) ask({ requestPolicy: 'network-only' });
  }, [version, status, mayRead, ask]);
  if (!mayRead) return null;
  if (error && !data) return <Problem error={error} />;
  const source = data?.source;
  if (!source) return null;
  const { settings, versions } = source;
  const inUse = versions.find((each) => each.version === version)?.manifest ?? '';
  const secretNames = [...new Set([...settings.secrets.map(({ name }) => name), ...secretNamesIn(inUse)])];
  const use = async (number: number): Promise<void> => {
    const result = await activate({ key: sourceKey, version: number });
    setRefused(result.error ?? null);
    changed();
  };
  return (
    <section aria-label={say('configuration')}>
      <h2>{say('configuration')}</h2>
      <dl className="source-facts">
        <dt>{say('baseUrl')}</dt>
        <dd>{settings.baseUrl === null ? say('asManifest') : <code>{settings.baseUrl}</code>}</dd>
        <dt>{say('secrets')}</dt>
        <dd>
          {settings.secrets.length === 0
            ? say('none')
            : settings.secrets.map(({ name, updatedAt }) => (
                <span key={name} title={time(updatedAt)}>
                  <code>{name}</code>{' '}
                </span>
              ))}
        </dd>
      </dl>
      {maySetSettings && status !== 'RETIRED' ? (
        <SettingsForm
          sourceKey={sourceKey}
          settings={settings}
          secretNames={secretNames}
          changed={() => {
            ask({ requestPolicy: 'network-only' });
            changed();
          }}
        />
      ) : null}
      <h3>{say('versions')}</h3>
      {refused === null ? null : <Problem error={refused} />}
      <ul className="versions">
        {versions.map((each) => (
          <li key={each.version}>
            <strong>{say('versionNumber', { number: each.version })}</strong> <Badge name={each.status} />{' '}
            <span className="soft">
              {time(each.createdAt)}
              {each.createdBy === null ? '' : ` · ${each.createdBy}`}
            </span>
            {each.checkMessage === null ? null : <p className="help">{each.checkMessage}</p>}
            {mayActivate && each.status === 'CHECKED' && each.version !== version && status !== 'RETIRED' ? (
              <button type="button" disabled={activating.fetching} onClick={() => void use(each.version)}>
                {say('useVersion', { number: each.version })}
              </button>
            ) : null}
            {each.manifest === null ? (
              <p className="help">{say('byCode')}</p>
            ) : (
              <details className="lines">
                <summary>{say('manifest')}</summary>
                <RawText text={each.manifest} label={say('manifest')} />
              </details>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
