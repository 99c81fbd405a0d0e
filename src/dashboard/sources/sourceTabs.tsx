import { Link, useRoute } from 'wouter';
import { useWords } from '../language.tsx';
import { useViewer } from '../viewer.tsx';
import { SOURCE_WORDS } from './text.ts';

/** From the sources to the linkages of databases and back; integrators also to a new source. */
export function SourceTabs() {
  const say = useWords(SOURCE_WORDS);
  const { mayRegister } = useViewer();
  const [isLinkages] = useRoute('/sources/linkages');
  return (
    <nav className="tabs" aria-label={say('tabs')}>
      <Link href="/sources" aria-current={isLinkages ? undefined : 'page'}>
        {say('sources')}
      </Link>
      <Link href="/sources/linkages" aria-current={isLinkages ? 'page' : undefined}>
        {say('linkages')}
      </Link>
      {mayRegister ? <Link href="/register">{say('register')}</Link> : null}
    </nav>
  );
}
