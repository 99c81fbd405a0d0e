import { useQuery } from 'urql';
import { useAddress } from '../address.ts';
import { SourcePageDocument } from '../generated/operations.ts';
import { useFormats, useWords } from '../language.tsx';
import { Failure, Waiting } from '../parts/asyncState.tsx';
import { Scroll } from '../parts/scroll.tsx';
import { useViewer } from '../viewer.tsx';
import { rowOf } from './rowOf.ts';
import { WHY_WORDS } from './whyText.ts';

/** The page that a figure was read from, for those who may see it; which one is open is in the address. */
export function SourceRow({ run, page, row }: { readonly run: string; readonly page: number; readonly row: number }) {
  const say = useWords(WHY_WORDS);
  const { mayReadPages } = useViewer();
  const place = `${run.replace('SyncRun:', '')}.${page}.${row}`;
  const [opened, setOpened] = useAddress('page', '');
  if (!mayReadPages) return <p className="soft">{say('rawFor')}</p>;
  const isOpen = opened === place;
  return (
    <>
      <button type="button" aria-expanded={isOpen} onClick={() => setOpened(isOpen ? '' : place, { replace: true })}>
        {say(isOpen ? 'rawHide' : 'rawShow')}
      </button>
      {isOpen ? <RawPage run={run} page={page} row={row} /> : null}
    </>
  );
}

function RawPage({ run, page, row }: { readonly run: string; readonly page: number; readonly row: number }) {
  const say = useWords(WHY_WORDS);
  const { time } = useFormats();
  const [{ data, error }, ask] = useQuery({ query: SourcePageDocument, variables: { run, page } });
  if (error && !data) return <Failure error={error} retry={ask} />;
  if (!data) return <Waiting />;
  const found = data.node !== null && 'pagesRead' in data.node ? data.node.pagesRead.edges[0]?.node : undefined;
  if (found === undefined || found.body === null) return <p className="soft">{say('rawGone')}</p>;
  const one = found.bodyCut ? null : rowOf(found.body, found.rows, row);
  return (
    <div className="raw-page">
      <p>
        {say('rawPage', { page: page + 1, rows: found.rows })}: <code>{found.request}</code> → {found.status},{' '}
        {time(found.retrievedAt)}
        <br />
        <span className="soft">
          SHA-256 <code>{found.hash}</code>
        </span>
      </p>
      {one === null ? null : (
        <>
          <h4>{say('rawRow', { row: row + 1 })}</h4>
          <Scroll label={say('rawRow', { row: row + 1 })}>
            <pre>{one}</pre>
          </Scroll>
        </>
      )}
      <h4>{say('rawPage', { page: page + 1, rows: found.rows })}</h4>
      {found.bodyCut ? <p>{say('rawCut')}</p> : null}
      <Scroll label={say('rawPage', { page: page + 1, rows: found.rows })}>
        <pre>{found.body}</pre>
      </Scroll>
    </div>
  );
}
