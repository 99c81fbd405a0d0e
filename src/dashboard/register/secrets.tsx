import { useWords } from '../language.tsx';
import { REGISTER_WORDS } from './text.ts';

/** A secret that was typed. It lives in memory until the page is left, and is sent only with a preview or a registration. */
export interface SecretValue {
  readonly name: string;
  readonly value: string;
}

/** A field for each secret that the manifest declares; what was typed is never shown. */
export function Secrets({
  names,
  values,
  change,
}: {
  readonly names: readonly string[];
  readonly values: Readonly<Record<string, string>>;
  readonly change: (name: string, value: string) => void;
}) {
  const say = useWords(REGISTER_WORDS);
  return (
    <fieldset>
      <legend>{say('secrets')}</legend>
      <p className="help">{names.length === 0 ? say('noSecrets') : say('secretsHelp')}</p>
      {names.map((name) => (
        <label key={name}>
          {name}
          <input
            type="password"
            autoComplete="off"
            value={values[name] ?? ''}
            onChange={(event) => change(name, event.target.value)}
          />
        </label>
      ))}
    </fieldset>
  );
}
