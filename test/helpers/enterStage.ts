import { inject } from 'vitest';

// Before each file of browser tests; the first of them waits for the platform to start.
const answer = await fetch(inject('startUrl'), { method: 'POST' });
if (!answer.ok) throw new Error(await answer.text());
