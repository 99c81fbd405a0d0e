import type { PreviewManifestMutation } from '../generated/operations.ts';
import { useFormats, useWords } from '../language.tsx';
import { RawText } from '../sources/rawText.tsx';
import { SOURCE_WORDS } from '../sources/text.ts';
import { REGISTER_WORDS } from './text.ts';

type Preview = PreviewManifestMutation['previewSource'];
type Page = Preview['pages'][number];

const MOST_ROWS = 100;

/** What a sync would read and write: each page as it came, and beside it the figures and what would be refused. */
export function PreviewPages({ preview }: { readonly preview: Preview }) {
  const say = useWords(REGISTER_WORDS);
  const saySource = useWords(SOURCE_WORDS);
  const { number } = useFormats();
  const count = (of: (page: Page) => number): string =>
    number(
      preview.pages.reduce((sum, page) => sum + of(page), 0),
      0,
    );
  return (
    <div>
      {preview.failure === null ? null : (
        <div className="problem" role="alert">
          <p>
            <code>{preview.failure.code}</code> {preview.failure.message}
          </p>
        </div>
      )}
      {preview.pages.length === 0 ? null : (
        <p role="status">
          {say('previewSum', {
            pages: count(() => 1),
            figures: count(({ observations }) => observations.length),
            rejects: count(({ rejects }) => rejects.length),
            skipped: count(({ skipped }) => skipped),
          })}
        </p>
      )}
      {preview.pages.length === 0 ? null : <p className="help">{saySource('fromOne')}</p>}
      {preview.pages.map((page, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a page is known by its number
        <PreviewPage key={at} page={page} number={at + 1} />
      ))}
    </div>
  );
}

function PreviewPage({ page, number }: { readonly page: Page; readonly number: number }) {
  const say = useWords(REGISTER_WORDS);
  return (
    <section className="preview-page" aria-label={say('page', { number })}>
      <h3>
        {say('page', { number })} <code>{page.request}</code> <span className="soft">HTTP {page.status}</span>
      </h3>
      <p className="help">
        {page.stream}
        {page.stopReason === null ? '' : ` · ${say('ends', { reason: page.stopReason })}`}
      </p>
      <div className="preview-columns">
        <div>
          <h4>{say('asItCame')}</h4>
          <RawText text={page.body} label={say('asItCame')} />
          {page.bodyCut ? <p className="help">{say('bodyCut')}</p> : null}
        </div>
        <div>
          <h4>{say('figures', { count: page.observations.length })}</h4>
          {page.observations.length === 0 ? <p className="help">{say('noFigures')}</p> : <Figures page={page} />}
          {page.rejects.length === 0 ? null : <Rejects page={page} />}
        </div>
      </div>
    </section>
  );
}

function Figures({ page: { observations } }: { readonly page: Page }) {
  const say = useWords(REGISTER_WORDS);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be scrolled by keyboard too
    <section className="scroll preview-figures" tabIndex={0} aria-label={say('figuresTable')}>
      <table>
        <thead>
          <tr>
            <th scope="col" className="number">
              {say('row')}
            </th>
            <th scope="col">{say('entity')}</th>
            <th scope="col">{say('indicator')}</th>
            <th scope="col">{say('period')}</th>
            <th scope="col" className="number">
              {say('value')}
            </th>
            <th scope="col">{say('obsStatus')}</th>
          </tr>
        </thead>
        <tbody>
          {observations.slice(0, MOST_ROWS).map((figure) => (
            <tr key={`${figure.row} ${figure.entity} ${figure.indicator} ${figure.period}`}>
              <td className="number">{figure.row + 1}</td>
              <td>{figure.entity}</td>
              <td>{figure.indicator}</td>
              <td>{figure.period}</td>
              <td className="number">
                {figure.deleted
                  ? say('withdrawn')
                  : figure.numerator === null
                    ? (figure.value ?? '–')
                    : `${figure.numerator} / ${figure.denominator}`}
              </td>
              <td>{figure.obsStatus}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {observations.length > MOST_ROWS ? (
        <p className="help">{say('moreFigures', { count: observations.length - MOST_ROWS })}</p>
      ) : null}
    </section>
  );
}

function Rejects({ page: { rejects } }: { readonly page: Page }) {
  const say = useWords(REGISTER_WORDS);
  return (
    <>
      <h4>{say('rejects', { count: rejects.length })}</h4>
      <ul className="preview-rejects">
        {rejects.slice(0, MOST_ROWS).map((reject) => (
          <li key={`${reject.row} ${reject.rule} ${reject.message}`}>
            {say('rowNumber', { number: reject.row + 1 })} <code>{reject.rule}</code> {reject.message}
            <code className="under soft">{reject.raw}</code>
          </li>
        ))}
      </ul>
    </>
  );
}
