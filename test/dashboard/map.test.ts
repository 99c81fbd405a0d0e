import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { INSETS, VIEW } from '../../src/dashboard/map/frame.js';
import { classesOf, nearestTowards, TONES, toneOf } from '../../src/dashboard/map/scale.js';

const ROOT = join(import.meta.dirname, '../..');
const MAP = 'src/dashboard/map';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const codesOf = (path: string): readonly string[] =>
  read(path)
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.slice(0, line.indexOf(',')));
const shapesOf = (name: string): Record<string, { path: string; x: number; y: number }> =>
  JSON.parse(read(`${MAP}/${name}`));

describe('the geometry', () => {
  it('has a shape within the picture for each of the 63 and the 34 provinces, and no other', () => {
    for (const [name, entities] of [
      ['geometry63.json', 'data/entities/provinces-63.csv'],
      ['geometry34.json', 'data/entities/provinces-34.csv'],
    ] as const) {
      const shapes = shapesOf(name);
      expect(Object.keys(shapes).sort()).toEqual([...codesOf(entities)].sort());
      for (const { path, x, y } of Object.values(shapes)) {
        expect(path).toMatch(/^(M\d+ \d+l[-\d ]+z)+$/);
        expect(x > VIEW.left && x < VIEW.left + VIEW.width && y > VIEW.top && y < VIEW.top + VIEW.height).toBe(true);
      }
    }
  });

  it('is what its script makes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'map-'));
    try {
      mkdirSync(join(folder, MAP), { recursive: true });
      cpSync(join(ROOT, 'src/dashboard/build'), join(folder, 'src/dashboard/build'), { recursive: true });
      cpSync(join(ROOT, 'data/entities'), join(folder, 'data/entities'), { recursive: true });
      cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
      symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
      execFileSync(process.execPath, [join(folder, 'src/dashboard/build/map.ts')]);
      for (const name of ['geometry63.json', 'geometry34.json'])
        expect(readFileSync(join(folder, MAP, name), 'utf8')).toBe(read(`${MAP}/${name}`));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('draws the islands of both archipelagos inside their insets, below the name', () => {
    expect(INSETS.map(({ name, code }) => `${name} ${code}`)).toEqual(['hoangSa 48', 'truongSa 56']);
    for (const { islands, width, height } of INSETS) {
      expect(islands.length).toBeGreaterThan(5);
      for (const { x, y } of islands) expect(x > 0 && x < width && y > height / 3 && y < height).toBe(true);
    }
  });
});

describe('the classes of a map', () => {
  it('are about equal in size and hold every value once', () => {
    const values = Array.from({ length: 34 }, (_, index) => index / 34);
    const classes = classesOf(values);
    expect(classes.map(({ tone }) => tone)).toEqual([1, 2, 3, 4, 5]);
    expect(classes.map(({ count }) => count)).toEqual([7, 7, 7, 7, 6]);
    expect(values.map((value) => toneOf(value, classes))).toEqual(
      values.map((value) => 1 + classes.findIndex(({ low, high }) => low <= value && value <= high)),
    );
  });

  it('keep equal values together, and use the tones that differ most when there are few', () => {
    const classes = classesOf([0, 1, 1, 1, 1, 1, 1, 1, 0, 1]);
    expect(classes).toEqual([
      { low: 0, high: 0, count: 2, tone: 1 },
      { low: 1, high: 1, count: 8, tone: TONES },
    ]);
    expect(classesOf([0.5, 0.5])).toEqual([{ low: 0.5, high: 0.5, count: 2, tone: 3 }]);
    expect(classesOf([])).toEqual([]);
    expect(toneOf(null, classes)).toBe(0);
  });
});

it('goes by arrows to the nearest province in that direction', () => {
  const [south, north, east] = [
    { x: 0, y: 10 },
    { x: 1, y: 0 },
    { x: 12, y: 9 },
  ];
  const places = [south, north, east];
  expect(nearestTowards(places, south, 'ArrowUp')).toBe(north);
  expect(nearestTowards(places, south, 'ArrowRight')).toBe(east);
  expect(nearestTowards(places, south, 'ArrowDown')).toBeNull();
  expect(nearestTowards(places, south, 'a')).toBeNull();
});
