import { describe, expect, it } from 'vitest';
import { bar, type StepDisplay, step } from '../src/progress.js';

describe('the progress of the start', () => {
  it.each([
    [0, '░░░░░░░░░░░░░░░░░░░░░░░░   0 %'],
    [0.5, '████████████░░░░░░░░░░░░  50 %'],
    [1, '████████████████████████ 100 %'],
    [7, '████████████████████████ 100 %'],
  ])('is drawn as a bar: %f', (share, drawn) => {
    expect(bar(share)).toBe(drawn);
  });

  it('is told line by line, of each part of a step one', async () => {
    const lines: string[] = [];
    const work = async ({ show, conclude }: StepDisplay) => {
      show('page 1 of einvoice');
      show('page 2 of einvoice', 'einvoice');
      conclude('12 records');
      return 12;
    };
    expect(await step('Sync', work, (line) => void lines.push(line))).toBe(12);
    expect(lines).toEqual(['Sync', 'Sync: einvoice', 'Sync: 12 records']);
  });

  it('hands on what a step returns and what it throws', async () => {
    expect(await step('counts', async () => 42)).toBe(42);
    await expect(step('fails', async () => Promise.reject(new Error('no disk')))).rejects.toThrow('no disk');
  });
});
