import { useState } from 'react';
import { useQuery } from 'urql';
import { RunPageDocument, RunPagesDocument } from '../generated/operations.ts';
import { useFormats, useWords } from '../language.tsx';
import { Failure, Waiting } from '../parts/asyncState.tsx';
import { RawText } from './rawText.tsx';
import { SOURCE_WORDS } from './text.ts';

/** The pages that a run read, as the source sent them; asked for when somebody opens them. */
export function RunPages({ id }: { readonly id: string }) {
  const say = useWords(SOURCE_WORDS);
  const [isOpen, open] = useState(false);
  return (
    <details className="lines" onToggle={(event) => open(event.currentTarget.open)}>
      <summary>{say('pagesRead')}</summary>
      {isOpen ? <Pages id={id} /> : null}
    </details>
  );
}

function Pages({ id }: { readonly id: string }) {
  const say = useWords(SOURCE_WORDS);
  const { number, time } = useFormats();
  const [chosen, choose] = useState<number | null>(null);
  const [{ data, error }, ask] = useQuery({ query: RunPagesDocument, variables: { id, first: 200 } });
  if (error && !data) return <Failure error={error} retry={ask} />;
  if (!data) return <Waiting />;
  const pages = data.node && 'pagesRead' in data.node ? (data.node.pagesRead?.edges ?? []) : [];
  if (pages.length === 0) return <p className="help">{say('noPages')}</p>;
  return (
    <>
      <p className="help">{say('fromOne')}</p>
      <div className="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">{say('page')}</th>
              <th scope="col">{say('request')}</th>
              <th scope="col" className="number">
                {say('httpStatus')}
              </th>
              <th scope="col" className="number">
                {say('rows')}
              </th>
              <th scope="col" className="from-middle">
                {say('retrievedAt')}
              </th>
            </tr>
          </thead>
          <tbody>
            {pages.map(({ node }) => (
              <tr key={node.number}>
                <th scope="row">
                  <button
                    type="button"
                    className="as-link"
                    aria-expanded={chosen === node.number}
                    onClick={() => choose(chosen === node.number ? null : node.number)}
                  >
                    {node.number + 1}
                  </button>
                </th>
                <td>
                  <code>{node.request}</code>
                  <span className="under soft">
                    {node.stream} {node.partition ?? ''}
                  </span>
                </td>
                <td className="number">{node.status}</td>
                <td className="number">{number(node.rows, 0)}</td>
                <td className="from-middle">{time(node.retrievedAt)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {chosen === null ? null : <RawPage id={id} number={chosen} />}
    </>
  );
}

function RawPage({ id, number }: { readonly id: string; readonly number: number }) {
  const say = useWords(SOURCE_WORDS);
  const [{ data, error }, ask] = useQuery({ query: RunPageDocument, variables: { id, number } });
  if (error && !data) return <Failure error={error} retry={ask} />;
  if (!data) return <Waiting />;
  const page = data.node && 'pagesRead' in data.node ? data.node.pagesRead?.edges[0]?.node : undefined;
  if (page === undefined) return null;
  return (
    <figure className="raw">
      <figcaption>
        {say('rawPage', { number: number + 1 })} <span className="soft">SHA-256</span> <code>{page.hash}</code>
      </figcaption>
      {page.body === null ? (
        <p className="help">{say('noPages')}</p>
      ) : (
        <RawText text={page.body} label={say('rawText')} />
      )}
      {page.bodyCut ? <p className="help">{say('bodyCut')}</p> : null}
    </figure>
  );
}
