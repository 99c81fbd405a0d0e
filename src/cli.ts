#!/usr/bin/env node
import { once } from 'node:events';
import { runCommandLine } from './command/program.js';

// Whoever reads may have enough of it, as `head` does: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());

process.exitCode = await runCommandLine(process.argv.slice(2), {
  environment: process.env,
  input: process.stdin,
  isWatched: process.stderr.isTTY,
  signal: ending.signal,
  async write(text) {
    if (!process.stdout.write(text)) await once(process.stdout, 'drain');
  },
  tell: (line) => void process.stderr.write(`${line}\n`),
});
