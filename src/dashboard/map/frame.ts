/** The picture in which geometry63.json and geometry34.json are drawn, in units of build/map.ts. */
export const VIEW = { left: 0, top: 100, width: 1250, height: 2040 } as const;

/** Where the legend begins: west of the mountains there is nothing else to see. */
export const LEGEND = { x: 16, y: 940 } as const;

/** An archipelago that lies too far from the coast to be drawn in place. */
export interface Inset {
  /** Words of its name, a line each; in text.ts. */
  readonly name: 'hoangSa' | 'truongSa';
  /** Code of the province that it is a part of, in both code systems. */
  readonly code: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Where islands are drawn, from the corner of the inset. */
  readonly islands: readonly { readonly x: number; readonly y: number }[];
}

const BOX = { x: 955, width: 285, height: 370 } as const;
/** Share of an inset, from its top, that its name has. */
const NAME_SHARE = 0.58;
const ISLAND_MARGIN = 24;

/**
 * Official maps of Vietnam show both archipelagos. The source of the geometry has neither, so some of their islands are dots, by their approximate longitude
 * and latitude (recalled, see README.md), each inset in a scale of its own.
 */
export const INSETS: readonly Inset[] = [
  {
    ...{ name: 'hoangSa', code: '48', ...BOX, y: 660 },
    islands: place([
      ...[
        [111.61, 16.53],
        [112.34, 16.83],
        [111.2, 15.78],
        [112.73, 16.67],
        [112.27, 16.98],
      ],
      ...[
        [111.71, 16.45],
        [111.58, 16.5],
        [111.75, 16.47],
        [112.32, 16.95],
      ],
    ]),
  },
  {
    ...{ name: 'truongSa', code: '56', ...BOX, y: 1755 },
    islands: place([
      ...[
        [111.92, 8.64],
        [114.33, 11.43],
        [114.36, 11.45],
        [114.33, 9.89],
        [114.37, 10.18],
        [114.48, 10.38],
      ],
      ...[
        [113.7, 8.97],
        [112.92, 7.89],
        [114.37, 10.38],
        [114.28, 11.05],
        [112.35, 8.93],
        [115.02, 11.08],
      ],
      ...[
        [115.8, 10.73],
        [112.22, 8.86],
        [114.61, 10.21],
      ],
    ]),
  },
];

function place(islands: readonly (readonly number[])[]): Inset['islands'] {
  const spots = islands.map(([lon = 0, lat = 0]) => ({ lon, lat }));
  const west = Math.min(...spots.map(({ lon }) => lon));
  const north = Math.max(...spots.map(({ lat }) => lat));
  const width = BOX.width - 2 * ISLAND_MARGIN;
  const height = BOX.height * (1 - NAME_SHARE) - ISLAND_MARGIN;
  const wide = Math.max(...spots.map(({ lon }) => lon)) - west;
  const high = north - Math.min(...spots.map(({ lat }) => lat));
  // Near the equator a degree is as wide as it is high.
  const unitsPerDegree = Math.min(width / wide, height / high);
  const left = ISLAND_MARGIN + (width - wide * unitsPerDegree) / 2;
  return spots.map(({ lon, lat }) => ({
    x: Math.round(left + (lon - west) * unitsPerDegree),
    y: Math.round(BOX.height * NAME_SHARE + (north - lat) * unitsPerDegree),
  }));
}
