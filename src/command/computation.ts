import type { Command } from 'commander';
import { ask } from './client.js';
import { UsageError } from './failure.js';
import type { Session } from './session.js';
import { table } from './table.js';
import type { Desk } from './work.js';

interface Recomputed {
  readonly changed: boolean;
  readonly resultHash: string;
  readonly inputHash: string;
  readonly problemCount: number;
  readonly snapshot: { readonly id: string; readonly revision: string } | null;
}

/** Registers the command that computes rounds. */
export function addComputationCommand(program: Command, { act }: Desk): void {
  program
    .command('compute [rounds...]')
    .description('computes open rounds anew, from all of their observations')
    .option('--open', 'all open rounds')
    .action(act(compute, 'integrator'))
    .addHelpText(
      'after',
      '\nWorkers do so by themselves when observations change. "same" says that their result came out again, to the last bit.',
    );
}

async function compute(session: Session, { open = false }: { readonly open?: boolean }, ...given: string[]) {
  if (open === given.length > 0) throw new UsageError('name rounds, such as PROVINCE-2026, or give --open');
  const codes = open ? await openRounds(session) : given;
  const done: (Recomputed & { round: string })[] = [];
  for (const round of codes) {
    const { recomputeRound } = await ask<{ recomputeRound: Recomputed }>(
      session,
      `mutation ($round: String!) { recomputeRound(round: $round) {
        changed inputHash resultHash problemCount snapshot { id revision } } }`,
      { round },
    );
    done.push({ round, ...recomputeRound });
  }
  const rows = done.map(({ round, changed, snapshot, resultHash, problemCount }) => [
    ...[round, changed ? 'new' : 'same', snapshot?.id ?? null, snapshot?.revision ?? null, resultHash.slice(0, 16)],
    problemCount,
  ]);
  await session.print(done, table(['ROUND', 'RESULT', 'SNAPSHOT', 'REVISION', 'HASH', 'NOT SCORED'], rows));
  return true;
}

async function openRounds(session: Session): Promise<string[]> {
  const { rounds } = await ask<{ rounds: { edges: { node: { code: string; status: string } }[] } }>(
    session,
    '{ rounds(first: 1000) { edges { node { code status } } } }',
  );
  return rounds.edges.flatMap(({ node }) => (node.status === 'PUBLISHED' ? [] : [node.code]));
}
