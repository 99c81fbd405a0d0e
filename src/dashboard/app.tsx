import { Suspense, useEffect, useRef } from 'react';
import { Link, Route, Switch, useLocation, useRoute } from 'wouter';
import { useConnection, useLostSince } from './connection.ts';
import { useFormats, useLanguage, useWords } from './language.tsx';
import { useIsNarrow } from './narrow.ts';
import { Waiting } from './parts/asyncState.tsx';
import { Boundary } from './parts/loaded.tsx';
import { SignIn } from './parts/signIn.tsx';
import { useIsRefused } from './refusal.ts';
import { useIsSealed } from './sealed.ts';
import { useSimulated } from './simulated.ts';
import { FRAME_WORDS } from './text.ts';
import { type Theme, useTheme } from './theme.ts';
import { useTitle } from './title.ts';
import { useViewer } from './viewer.tsx';
import { VIEWS, type View } from './views.ts';

/** Where the server says that GraphiQL is; null = it offers none. */
const GRAPHIQL = document.querySelector('meta[name=graphiql]')?.getAttribute('content') ?? null;

/** The frame around every view: navigation, language, theme, who looks, how live the figures are, and that they are simulated. */
export function App() {
  const say = useWords(FRAME_WORDS);
  const [path] = useLocation();
  return (
    <>
      <a className="skip" href="#main">
        {say('skip')}
      </a>
      <header className="page-head">
        <Link href="/" className="brand">
          <img src="/icon.svg" alt="" width="32" height="32" />
          <span>
            <strong>{say('title')}</strong>
            <small>{say('subtitle')}</small>
          </span>
        </Link>
        <Navigation />
        <Settings />
      </header>
      <Notices />
      <main id="main" tabIndex={-1}>
        <Boundary at={path}>
          <Suspense fallback={<Waiting />}>
            <Switch>
              {VIEWS.map(({ path, component: Component }) => (
                <Route key={path} path={path}>
                  <Component />
                </Route>
              ))}
              <Route>
                <Nowhere />
              </Route>
            </Switch>
          </Suspense>
        </Boundary>
      </main>
      <footer className="page-foot">
        <p>{say('footer')}</p>
        {GRAPHIQL === null ? null : (
          <p>
            <a href={GRAPHIQL}>{say('api')}</a>
          </p>
        )}
      </footer>
    </>
  );
}

function Nowhere() {
  const say = useWords(FRAME_WORDS);
  useTitle(say('notFound'));
  return (
    <>
      <h1>{say('notFound')}</h1>
      <p>
        <Link href="/">{say('home')}</Link>
      </p>
    </>
  );
}

function Navigation() {
  const say = useWords(FRAME_WORDS);
  const { mayRegister } = useViewer();
  const [path] = useLocation();
  const list = useRef<HTMLUListElement>(null);
  // On a phone the pages are one line that scrolls: the one that is looked at is in sight.
  useEffect(() => {
    const { current } = list;
    const here = current?.querySelector<HTMLElement>(`a[href="${CSS.escape(path)}"]`);
    if (current && here) current.scrollLeft = here.offsetLeft + here.offsetWidth / 2 - current.clientWidth / 2;
  }, [path]);
  const shown = VIEWS.filter(({ label }) => label !== null && (label !== 'register' || mayRegister));
  return (
    <nav aria-label={say('navigation')}>
      <ul ref={list}>
        {shown.map((view) => (
          <NavigationItem key={view.path} view={view} />
        ))}
      </ul>
    </nav>
  );
}

function NavigationItem({ view: { path, label } }: { readonly view: View }) {
  const say = useWords(FRAME_WORDS);
  const [isHere] = useRoute(path);
  return (
    <li>
      <Link href={path} aria-current={isHere ? 'page' : undefined}>
        {label === null ? '' : say(label)}
      </Link>
    </li>
  );
}

function Settings() {
  const say = useWords(FRAME_WORDS);
  const { language, setLanguage } = useLanguage();
  const [theme, setTheme] = useTheme();
  const other = language === 'vi' ? 'en' : 'vi';
  return (
    <div className="settings">
      <button type="button" lang={other} aria-label={say('languageLabel')} onClick={() => setLanguage(other)}>
        {say('language')}
      </button>
      <label>
        <span className="hidden">{say('theme')}</span>
        <select value={theme} onChange={(event) => setTheme(event.target.value as Theme)}>
          {(['auto', 'light', 'dark'] as const).map((name) => (
            <option key={name} value={name}>
              {say(name)}
            </option>
          ))}
        </select>
      </label>
      <SignIn />
    </div>
  );
}

function Notices() {
  const say = useWords(FRAME_WORDS);
  const { time } = useFormats();
  const connection = useConnection();
  const isSealed = useIsSealed();
  const isRefused = useIsRefused();
  // A connection that nothing is watched over is closed: what was refused is not quiet by its own wish.
  const isStopped = isRefused && (connection === 'live' || connection === 'quiet');
  const state = isStopped ? 'stopped' : connection === 'live' && isSealed ? 'sealed' : connection;
  const lostSince = useLostSince();
  const isSimulated = useSimulated();
  return (
    <section className="notices" aria-label={say('notices')}>
      {isSimulated ? <SimulatedNotice /> : null}
      <p className={`notice-connection is-${state}`} role="status">
        {say(state)}
        {lostSince === null ? '' : ` · ${say('staleSince', { time: time(lostSince) })}`}
      </p>
    </section>
  );
}

/** That figures are simulated always stands there; on a phone the reason is folded. */
function SimulatedNotice() {
  const say = useWords(FRAME_WORDS);
  return useIsNarrow() ? (
    <details>
      <summary>
        <strong>{say('simulated')}</strong>
      </summary>
      <p>{say('simulatedWhy')}</p>
    </details>
  ) : (
    <p>
      <strong>{say('simulated')}.</strong> {say('simulatedWhy')}
    </p>
  );
}
