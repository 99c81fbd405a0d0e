import './map.css';
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { Link } from 'wouter';
import { useFormats, useWords } from '../language.tsx';
import { saveImage } from '../parts/saveImage.ts';
import type { Row } from '../ranking/row.ts';
import { useSimulated } from '../simulated.ts';
import { FRAME_WORDS } from '../text.ts';
import { INSETS, type Inset, VIEW } from './frame.ts';
import { Legend } from './legend.tsx';
import { classesOf, nearestTowards, toneOf } from './scale.ts';
import { MAP_WORDS } from './text.ts';

interface Shape {
  readonly path: string;
  readonly x: number;
  readonly y: number;
}

/** The shapes of a code system, by code; loaded when they are first looked at. */
const GEOMETRIES: Readonly<Record<string, () => Promise<{ readonly default: Readonly<Record<string, Shape>> }>>> = {
  'GSO-2004': () => import('./geometry63.json'),
  'GSO-2025': () => import('./geometry34.json'),
};

/** How large letters are, in pixels of the screen: readable on the smallest map, and a little larger on a large one. */
const LETTER_PX = { least: 12, most: 16, share: 1 / 48 } as const;

interface Place extends Shape {
  readonly row: Row;
}

/** Provinces by their scores, with both archipelagos; the same entities can be chosen in the table. */
export default function ProvinceMap({
  rows,
  isIn,
  title,
  name,
  round,
  marked,
  pointed,
  onMark,
  onPoint,
}: {
  /** All that are ranked together: colours do not depend on what is filtered. */
  readonly rows: readonly Row[];
  /** Ids of those that the filters let through; the others are pale. */
  readonly isIn: ReadonlySet<string>;
  readonly title: string;
  /** Of saved files, without an ending. */
  readonly name: string;
  readonly round: string;
  readonly marked: string;
  readonly pointed: string | null;
  readonly onMark: (id: string) => void;
  readonly onPoint: (id: string | null) => void;
}) {
  const say = useWords(MAP_WORDS);
  const frameWords = useWords(FRAME_WORDS);
  const { score } = useFormats();
  const isSimulated = useSimulated();
  const id = useId();
  const picture = useRef<SVGSVGElement>(null);
  const letter = useLetter(picture);
  const shapes = useGeometry(rows[0]?.codeSystem ?? '');
  const classes = useMemo(() => classesOf(rows.flatMap(({ value }) => (value === null ? [] : [value]))), [rows]);
  const places = useMemo(
    () =>
      rows
        .flatMap((row): Place[] => {
          const shape = shapes[row.code];
          return shape === undefined ? [] : [{ ...shape, row }];
        })
        .sort((a, b) => a.y - b.y),
    [rows, shapes],
  );
  const describe = ({ name: who, rank, value }: Row): string =>
    value === null
      ? say('tipNone', { name: who })
      : say('tip', { name: who, rank: rank ?? '–', count: rows.length, value: score(value) });

  const active = places.find(({ row }) => row.id === pointed);
  const entry = places.find(({ row }) => row.id === marked) ?? places[0];
  const chosen = rows.find((row) => row.id === marked);

  const press = (event: KeyboardEvent<SVGGElement>, place: Place): void => {
    const isChoice = event.key === 'Enter' || event.key === ' ';
    const next = nearestTowards(places, place, event.key);
    if (event.key === 'Escape') onPoint(null);
    if (isChoice) onMark(place.row.id);
    if (isChoice || next !== null) event.preventDefault();
    if (next === null) return;
    picture.current?.querySelector<SVGGElement>(`[data-entity="${CSS.escape(next.row.id)}"]`)?.focus();
  };
  const save = (kind: 'png' | 'svg'): void => {
    if (picture.current !== null)
      void saveImage(picture.current, { kind, title, name, mark: isSimulated ? frameWords('simulated') : null });
  };
  return (
    <figure className="chart map" aria-labelledby={`${id}-title`} aria-describedby={`${id}-hint`}>
      <figcaption>
        <span id={`${id}-title`} className="chart-title">
          {title}
        </span>
        {isSimulated ? <span className="mark">{frameWords('simulated')}</span> : null}
        <span className="chart-tools">
          {(['svg', 'png'] as const).map((kind) => (
            <button key={kind} type="button" onClick={() => save(kind)} aria-label={`${kind.toUpperCase()}: ${title}`}>
              {kind.toUpperCase()}
            </button>
          ))}
        </span>
      </figcaption>
      <p id={`${id}-hint`} className="hidden">
        {say('hint')}
      </p>
      <p className="map-chosen">
        {chosen === undefined ? null : (
          <>
            {describe(chosen)} ·{' '}
            <Link
              href={`/entity/${chosen.codeSystem}/${chosen.code}?round=${round}`}
              aria-label={`${say('profile')}: ${chosen.name}`}
            >
              {say('profile')}
            </Link>
          </>
        )}
      </p>
      <div className="map-frame">
        {/* biome-ignore lint/a11y/noSvgWithoutTitle: a title would be a second tooltip; the figure has the name */}
        <svg ref={picture} viewBox={`${VIEW.left} ${VIEW.top} ${VIEW.width} ${VIEW.height}`}>
          <defs>
            <pattern
              id={`${id}-none`}
              width="16"
              height="16"
              patternUnits="userSpaceOnUse"
              patternTransform="rotate(45)"
            >
              <line className="map-hatch" y2="16" />
            </pattern>
          </defs>
          <Legend
            classes={classes}
            hasNone={rows.some(({ value }) => value === null)}
            pattern={`${id}-none`}
            letter={letter}
          />
          {INSETS.map((inset) => (
            <InsetFrame key={inset.name} inset={inset} letter={letter} />
          ))}
          <g role="listbox" aria-labelledby={`${id}-title`} aria-describedby={`${id}-hint`}>
            {places.map((place) => {
              const { row, path } = place;
              const tone = toneOf(row.value, classes);
              return (
                <g
                  key={row.id}
                  role="option"
                  data-entity={row.id}
                  aria-selected={row.id === marked}
                  aria-label={describe(row)}
                  tabIndex={place === entry ? 0 : -1}
                  className={`map-unit tone-${tone} ${isIn.has(row.id) ? '' : 'is-out'}`}
                  style={tone === 0 ? { fill: `url(#${id}-none)` } : undefined}
                  onClick={() => onMark(row.id)}
                  onKeyDown={(event) => press(event, place)}
                  onFocus={() => onPoint(row.id)}
                  onBlur={() => onPoint(null)}
                  onPointerEnter={() => onPoint(row.id)}
                  onPointerLeave={() => onPoint(null)}
                >
                  <path d={path} />
                  <Islands code={row.code} />
                </g>
              );
            })}
          </g>
          {places
            .filter(({ row }) => row.id === marked || row.id === pointed)
            .map(({ row, path }) => (
              <path key={row.id} d={path} className={row.id === marked ? 'map-outline is-marked' : 'map-outline'} />
            ))}
        </svg>
        {active === undefined ? null : (
          <p
            className="map-tip"
            aria-hidden="true"
            style={{
              insetInlineStart: `${((active.x - VIEW.left) / VIEW.width) * 100}%`,
              insetBlockStart: `${((active.y - VIEW.top) / VIEW.height) * 100}%`,
            }}
          >
            {describe(active.row)}
          </p>
        )}
      </div>
      <p className="map-source">{say('source')}</p>
    </figure>
  );
}

/** The islands of a province that are drawn in an inset. */
function Islands({ code }: { readonly code: string }) {
  const inset = INSETS.find((each) => each.code === code);
  if (inset === undefined) return null;
  return inset.islands.map(({ x, y }) => <circle key={`${x} ${y}`} cx={inset.x + x} cy={inset.y + y} r="8" />);
}

function InsetFrame({ inset, letter }: { readonly inset: Inset; readonly letter: number }) {
  const say = useWords(MAP_WORDS);
  return (
    <g className="map-inset">
      <rect x={inset.x} y={inset.y} width={inset.width} height={inset.height} />
      <text x={inset.x + inset.width / 2} y={inset.y} textAnchor="middle" fontSize={letter}>
        {say(inset.name)
          .split('|')
          .map((line) => (
            <tspan key={line} x={inset.x + inset.width / 2} dy="1.2em">
              {line}
            </tspan>
          ))}
      </text>
    </g>
  );
}

/** Letters as large on a small map as on a large one, in units of the picture. */
function useLetter(picture: { readonly current: SVGSVGElement | null }): number {
  const [width, setWidth] = useState(400);
  useEffect(() => {
    if (picture.current === null) return;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width || 400));
    observer.observe(picture.current);
    return () => observer.disconnect();
  }, [picture]);
  const pixels = Math.max(LETTER_PX.least, Math.min(LETTER_PX.most, width * LETTER_PX.share));
  return (pixels * VIEW.width) / width;
}

function useGeometry(codeSystem: string): Readonly<Record<string, Shape>> {
  const [known, keep] = useState<{ readonly codeSystem: string; readonly shapes: Readonly<Record<string, Shape>> }>();
  useEffect(() => {
    let isWanted = true;
    void GEOMETRIES[codeSystem]?.().then((loaded) => {
      if (isWanted) keep({ codeSystem, shapes: loaded.default });
    });
    return () => {
      isWanted = false;
    };
  }, [codeSystem]);
  // The shapes of other codes would be of other provinces.
  return known?.codeSystem === codeSystem ? known.shapes : NO_SHAPES;
}

const NO_SHAPES: Readonly<Record<string, Shape>> = {};
