import { type FormEvent, useId, useState } from 'react';
import { useMutation } from 'urql';
import { SetSourceSettingsDocument, type SourceConfigurationQuery } from '../generated/operations.ts';
import { useWords } from '../language.tsx';
import { Secrets } from '../register/secrets.tsx';
import { Problem } from './problem.tsx';
import { SOURCE_WORDS } from './text.ts';

type Settings = NonNullable<SourceConfigurationQuery['source']>['settings'];

/**
 * Changes where a source is, when it is read and what lets the platform in, for those who may. Only what was changed is sent; the platform checks it.
 * @param secretNames those that are set or that the manifest in use declares
 */
export function SettingsForm({
  sourceKey,
  settings,
  secretNames,
  changed,
}: {
  readonly sourceKey: string;
  readonly settings: Settings;
  readonly secretNames: readonly string[];
  readonly changed: () => void;
}) {
  const say = useWords(SOURCE_WORDS);
  const id = useId();
  const [baseUrl, setBaseUrl] = useState(settings.baseUrl ?? '');
  const [schedule, setSchedule] = useState(settings.schedule ?? '');
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [isSaved, setSaved] = useState(false);
  const [saving, save] = useMutation(SetSourceSettingsDocument);
  const secrets = secretNames.flatMap((name) => (values[name] ? [{ name, value: values[name] }] : []));
  const changes = {
    ...changeOf('baseUrl', settings.baseUrl, baseUrl),
    ...changeOf('schedule', settings.schedule, schedule),
    ...(secrets.length === 0 ? {} : { secrets }),
  };
  const isChanged = Object.keys(changes).length > 0;
  const edit = (set: () => void): void => {
    setSaved(false);
    set();
  };
  const send = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const { error } = await save({ key: sourceKey, settings: changes });
    if (error) return;
    setValues({});
    setSaved(true);
    changed();
  };
  return (
    <details className="settings-form">
      <summary>{say('changeSettings')}</summary>
      <form onSubmit={(event) => void send(event)}>
        <label className="whole">
          {say('baseUrl')}
          <input
            type="url"
            value={baseUrl}
            placeholder="https://…"
            aria-describedby={`${id}-base`}
            onChange={({ target }) => edit(() => setBaseUrl(target.value))}
          />
        </label>
        <p id={`${id}-base`} className="help">
          {say('baseUrlHelp')}
        </p>
        <label className="whole">
          {say('schedule')}
          <input
            value={schedule}
            placeholder="15 6 * * *"
            spellCheck={false}
            aria-describedby={`${id}-schedule`}
            onChange={({ target }) => edit(() => setSchedule(target.value))}
          />
        </label>
        <p id={`${id}-schedule`} className="help">
          {say('scheduleHelp')}
        </p>
        {secretNames.length === 0 ? null : (
          <>
            <Secrets
              names={secretNames}
              values={values}
              change={(name, value) => edit(() => setValues({ ...values, [name]: value }))}
            />
            <p className="help">{say('secretsKept')}</p>
          </>
        )}
        {saving.error ? <Problem error={saving.error} /> : null}
        <p className="actions">
          <button type="submit" disabled={!isChanged || saving.fetching}>
            {say('saveSettings')}
          </button>
          <span role="status">{isSaved ? say('settingsSaved') : ''}</span>
        </p>
      </form>
    </details>
  );
}

/** What to send of a field: nothing when it is as it was; null = as the manifest says. */
function changeOf<Name extends string>(
  name: Name,
  before: string | null,
  written: string,
): { readonly [name in Name]?: string | null } {
  const now = written.trim() === '' ? null : written.trim();
  return now === before ? {} : ({ [name]: now } as { readonly [name in Name]: string | null });
}
