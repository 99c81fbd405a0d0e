import { expect, it } from 'vitest';
import { createOutage } from '../../src/store/outage.js';

it('an outage is told when it begins, once a minute while it goes on, and when it is over', () => {
  const said: string[] = [];
  let at = 0;
  const outage = createOutage(
    'it is back',
    (line) => said.push(line),
    () => at,
  );
  outage.passed();
  for (; at < 121_000; at += 500) outage.failed(`away at ${at / 1000} s`);
  outage.passed();
  outage.passed();
  outage.failed('away again');
  expect(said).toEqual(['away at 0 s', 'away at 60 s', 'away at 120 s', 'it is back', 'away again']);
});
