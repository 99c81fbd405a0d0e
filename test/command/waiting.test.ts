import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { whileWaiting } from '../../src/command/waiting.js';

/** What is told while work goes on until it has been told of three times, or is done at once. */
async function waitFor(options: { json?: boolean; quiet?: boolean }, needs: number): Promise<readonly string[]> {
  const lines: string[] = [];
  const session = { console: { tell: (line: string) => lines.push(line) }, options } as unknown as Parameters<
    typeof whileWaiting
  >[0];
  const work = async () => {
    for (let looked = 0; lines.length < needs && looked < 5000; looked += 1) await sleep(1);
    return 'result';
  };
  const often = { firstMs: 1, everyMs: 1 };
  expect(await whileWaiting(session, 'the platform tries tax', work, often)).toBe('result');
  const told = lines.length;
  await sleep(20);
  expect(lines.length).toBe(told);
  return lines;
}

describe('who waits', () => {
  it('is told again and again for what, and no more when it is there', async () => {
    const lines = await waitFor({}, 3);
    expect(lines.length).toBeGreaterThanOrEqual(3);
    for (const line of lines) expect(line).toMatch(/^waiting: the platform tries tax \(\d+ s\)$/);
  });

  it('is told in lines of JSON with --json', async () => {
    const [line = ''] = await waitFor({ json: true }, 1);
    expect(JSON.parse(line)).toEqual({ waiting: { for: 'the platform tries tax', seconds: expect.any(Number) } });
  });

  it('is told nothing with --quiet, or of what is there at once', async () => {
    expect(await waitFor({ quiet: true }, 0)).toEqual([]);
    expect(await waitFor({}, 0)).toEqual([]);
  });
});
