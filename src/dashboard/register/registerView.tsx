import '../sources/sources.css';
import './register.css';
import { useId, useRef, useState } from 'react';
import { type CombinedError, useMutation } from 'urql';
import { useAddress } from '../address.ts';
import { PreviewManifestDocument } from '../generated/operations.ts';
import { useWords } from '../language.tsx';
import { Problem } from '../sources/problem.tsx';
import { useTitle } from '../title.ts';
import { tokenOf } from '../token.ts';
import { useViewer } from '../viewer.tsx';
import { type Draft, useDraft } from './draft.ts';
import { Editor } from './editor.tsx';
import { PreviewPages } from './preview.tsx';
import { type ManifestProblem, offsetOf, secretNamesIn, useProblems } from './problems.ts';
import { Secrets } from './secrets.tsx';
import { Steps } from './steps.tsx';
import { Templates } from './templates.tsx';
import { REGISTER_WORDS } from './text.ts';

/** Registers a source: a manifest with live validation, a preview of what it reads, and the steps into use. */
export default function RegisterView() {
  const say = useWords(REGISTER_WORDS);
  const { mayRegister } = useViewer();
  useTitle(say('title'));
  return (
    <>
      <h1>{say('title')}</h1>
      {mayRegister ? <Desk /> : <Closed />}
    </>
  );
}

/** Who may register, and how to sign in. */
function Closed() {
  const say = useWords(REGISTER_WORDS);
  const { role } = useViewer();
  const isSignedIn = tokenOf() !== null;
  return (
    <div className="state closed">
      <p>{say('closed')}</p>
      <p>{isSignedIn && role !== 'PUBLIC' ? say('otherRole') : say('howToSignIn')}</p>
      <p className="help">{say('howToToken')}</p>
    </div>
  );
}

function Desk() {
  const say = useWords(REGISTER_WORDS);
  const { mayPreview, mayValidate } = useViewer();
  const [draft, change] = useDraft();
  const [from, setFrom] = useAddress('from', '');
  const [before, setBefore] = useState<{ readonly draft: Draft; readonly name: string } | null>(null);
  const [error, setError] = useState<CombinedError | null>(null);
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [refused, setRefused] = useState<{ manifest: string; problems: readonly ManifestProblem[] } | null>(null);
  const [previewing, preview] = useMutation(PreviewManifestDocument);
  const area = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const checked = useProblems(draft.manifest, !mayValidate);
  const more = refused?.manifest === draft.manifest ? refused.problems : [];
  const problems =
    checked.problems === null
      ? []
      : [...new Map([...checked.problems, ...more].map((each) => [`${each.path} ${each.message}`, each])).values()];
  const isReady = checked.problems?.length === 0;
  const names = secretNamesIn(draft.manifest);
  const secrets = names.flatMap((name) => (values[name] ? [{ name, value: values[name] }] : []));

  const begin = (next: Draft, name: string): void => {
    setBefore({ draft, name });
    change(next);
    if (from !== '') setFrom('', { replace: true });
  };
  const jump = ({ line, column }: ManifestProblem): void => {
    const field = area.current;
    if (field === null) return;
    const start = offsetOf(draft.manifest, line, column);
    const end = draft.manifest.indexOf('\n', start);
    field.focus();
    field.setSelectionRange(start, end < 0 ? draft.manifest.length : end);
    const height = Number.parseFloat(getComputedStyle(field).lineHeight);
    field.scrollTop = Math.max(0, (line - 4) * height);
  };
  const look = (): void => {
    const baseUrl = draft.baseUrl.trim() === '' ? {} : { baseUrl: draft.baseUrl.trim() };
    void preview({ input: { manifest: draft.manifest, secrets, ...baseUrl } });
  };
  return (
    <div className="desk">
      <p className="lead">{say('lead')}</p>
      <section className="desk-editor" aria-labelledby={`${id}-manifest`}>
        <div className="filters">
          <Templates from={from === '' ? null : from} begin={begin} failed={setError} />
          {before === null ? null : (
            <button
              type="button"
              onClick={() => {
                change(before.draft);
                setBefore(null);
              }}
            >
              {say('back', { name: before.name })}
            </button>
          )}
        </div>
        {error === null ? null : <Problem error={error} />}
        <h2 id={`${id}-manifest`}>{say('manifest')}</h2>
        <Editor
          text={draft.manifest}
          change={(manifest) => change({ manifest })}
          problems={problems}
          area={area}
          labelledBy={`${id}-manifest`}
          describedBy={`${id}-problems`}
        />
        <p className="help">{say('kept')}</p>
      </section>
      <div className="desk-side">
        <section aria-labelledby={`${id}-problems`}>
          <h2 id={`${id}-problems`}>
            <span role="status">
              {checked.problems === null
                ? say('checking')
                : isReady
                  ? say('noProblems')
                  : say('problems', { count: problems.length })}
            </span>
          </h2>
          {checked.error ? <Problem error={checked.error} /> : null}
          <ul className="problem-list">
            {problems.map((problem) => (
              <li key={`${problem.path} ${problem.message}`}>
                <button type="button" onClick={() => jump(problem)}>
                  <span className="place">{say('place', { line: problem.line, column: problem.column })}</span>{' '}
                  {problem.message} <code>{problem.code}</code>
                </button>
              </li>
            ))}
          </ul>
        </section>
        <section aria-label={say('access')}>
          <h2>{say('access')}</h2>
          <label className="whole">
            {say('baseUrl')}
            <input
              type="url"
              value={draft.baseUrl}
              placeholder="https://…"
              onChange={(event) => change({ baseUrl: event.target.value })}
              aria-describedby={`${id}-base`}
            />
          </label>
          <p id={`${id}-base`} className="help">
            {say('baseUrlHelp')}
          </p>
          <Secrets names={names} values={values} change={(name, value) => setValues({ ...values, [name]: value })} />
        </section>
        <Steps
          draft={draft}
          secrets={secrets}
          isReady={isReady}
          refuse={(found) => setRefused({ manifest: draft.manifest, problems: found })}
        />
      </div>
      <section className="desk-preview" aria-labelledby={`${id}-preview`}>
        <h2 id={`${id}-preview`}>{say('preview')}</h2>
        <p className="actions">
          <button type="button" disabled={!mayPreview || !isReady || previewing.fetching} onClick={look}>
            {say(previewing.fetching ? 'working' : 'look')}
          </button>
          <span className="help">{isReady ? say('previewHelp') : say('mendFirst')}</span>
        </p>
        {previewing.error ? <Problem error={previewing.error} /> : null}
        {previewing.data && !previewing.fetching ? <PreviewPages preview={previewing.data.previewSource} /> : null}
      </section>
    </div>
  );
}
