import { describe, expect, it } from 'vitest';
import { bar, step } from '../src/progress.js';

describe('the progress of the start', () => {
  it.each([
    [0, '░░░░░░░░░░░░░░░░░░░░░░░░   0 %'],
    [0.5, '████████████░░░░░░░░░░░░  50 %'],
    [1, '████████████████████████ 100 %'],
    [7, '████████████████████████ 100 %'],
  ])('is drawn as a bar: %f', (share, drawn) => {
    expect(bar(share)).toBe(drawn);
  });

  it('hands on what a step returns and what it throws', async () => {
    expect(await step('counts', async () => 42)).toBe(42);
    await expect(step('fails', async () => Promise.reject(new Error('no disk')))).rejects.toThrow('no disk');
  });
});
