import { type KeyboardEvent, useDeferredValue, useId, useState } from 'react';
import { useQuery } from 'urql';
import { type EntityLevel, EntitySearchDocument } from '../generated/operations.ts';
import { useName, useWords } from '../language.tsx';
import { keyOf, MOST } from './series.ts';
import { COMPARE_WORDS } from './text.ts';

const NONE = -1;

/** A box that finds entities by name or code, whatever the diacritics, and adds one; by keyboard as the combobox pattern of ARIA says. */
export function EntitySearch({
  level,
  taken,
  members,
  add,
}: {
  readonly level: EntityLevel;
  readonly taken: ReadonlySet<string>;
  /** Ids of those that take part in the round that is shown: they come first. */
  readonly members: ReadonlySet<string>;
  readonly add: (key: string) => void;
}) {
  const say = useWords(COMPARE_WORDS);
  const name = useName();
  const id = useId();
  const [text, setText] = useState('');
  // None before an arrow key, so that the first press leads to the first; Enter takes the first all the same.
  const [at, setAt] = useState(NONE);
  const [isOpen, setOpen] = useState(false);
  const search = useDeferredValue(text.trim());
  const [{ data }] = useQuery({
    query: EntitySearchDocument,
    variables: { search, level },
    pause: search === '',
    requestPolicy: 'cache-first',
  });
  const found = (search === '' ? [] : (data?.entities.edges.map(({ node }) => node) ?? []))
    .filter((node) => !taken.has(keyOf(node)))
    .sort((one, other) => Number(members.has(other.id)) - Number(members.has(one.id)));
  const isFull = taken.size >= MOST;
  const isShown = isOpen && text.trim() !== '' && !isFull;
  const current = at === NONE ? undefined : found[Math.min(at, found.length - 1)];
  const first = found[0];
  const take = (entity: (typeof found)[number]): void => {
    add(keyOf(entity));
    setText('');
    setAt(NONE);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setAt((at + 1) % Math.max(found.length, 1));
    else if (event.key === 'ArrowUp') setAt((at <= 0 ? found.length : at) - 1);
    else if (event.key === 'Enter' && first !== undefined) take(current ?? first);
    else if (event.key === 'Escape') setText('');
    else return;
    event.preventDefault();
  };
  return (
    <div className="entity-search">
      <label htmlFor={`${id}-box`}>{say('add')}</label>
      <input
        id={`${id}-box`}
        type="text"
        role="combobox"
        autoComplete="off"
        spellCheck={false}
        disabled={isFull}
        aria-expanded={isShown && found.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-describedby={`${id}-help`}
        aria-activedescendant={isShown && current ? `${id}-${current.id}` : undefined}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(NONE);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
      />
      <div id={`${id}-list`} role="listbox" aria-label={say('add')} hidden={!isShown || found.length === 0}>
        {found.map((entity) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the box keeps the focus and takes the keys
          <div
            key={entity.id}
            id={`${id}-${entity.id}`}
            role="option"
            tabIndex={-1}
            aria-selected={entity === current}
            // The box would lose the focus, and the list close, before the click.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => take(entity)}
          >
            {name(entity)}{' '}
            <small>
              {entity.validTo === null
                ? entity.validFrom === null
                  ? ''
                  : `${say('since', { year: entity.validFrom.slice(0, 4) })} · `
                : `${say('until', { year: entity.validTo.slice(0, 4) })} · `}
              {keyOf(entity)}
            </small>
          </div>
        ))}
      </div>
      <p id={`${id}-help`} className="help">
        {say(isFull ? 'full' : 'addHelp', { most: MOST })}
      </p>
      <p role="status" className="hidden">
        {isShown ? say('found', { count: found.length }) : ''}
      </p>
    </div>
  );
}
