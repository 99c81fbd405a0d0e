import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { command } from './commandLine.js';

let script: string;
beforeAll(async () => {
  script = (await command(['completion'])).output;
});

/** What bash offers for the last word of a line. */
async function complete(...words: readonly string[]): Promise<readonly string[]> {
  const asked = `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _dti; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await promisify(execFile)('bash', ['-c', asked, 'bash', ...words]);
  return stdout.split('\n').filter((word) => word !== '');
}

describe('completion', () => {
  it.each([
    [['dti', 'ex'], ['export']],
    [['dti', '--json', 'source', 're'], ['register', 'replay', 'retire'].sort()],
    [['dti', 'source', 'sync', '--mo'], ['--mode']],
    [['dti', 'source', 'sync', '--mode', ''], ['incremental', 'full_refresh'].sort()],
    [['dti', 'token', '--role', 'pub'], ['public']],
    [['dti', 'manifest', 's'], ['schema']],
    [
      ['dti', 'export', ''],
      ['observations', 'query', 'ranking', 'scores'],
    ],
    [['dti', '--lang', 'vi', 'export', '--out', 'x.csv', 'r'], ['ranking']],
    [['dti', 'export', 'ranking', '--format', 'p'], ['parquet']],
    [['dti', 'export', 'ranking', '--format', '=', 'x'], ['xlsx']],
    [['dti', 'source', 'sync', 'te'], ['telecom']],
    [['dti', 'source', 'check', '--version', '2', 'ein'], ['einvoice']],
    [['dti', 'compute', '--o'], ['--open']],
  ])('of %j offers %j', async (words, offered) => {
    expect((await complete(...words)).toSorted()).toEqual(offered);
  });

  it('leaves free values to the shell, which offers files', async () => {
    expect(await complete('dti', 'export', 'ranking', '--out', '')).toEqual([]);
    expect(await complete('dti', 'export', 'ranking', '')).toEqual([]);
    expect(await complete('dti', 'export', 'ranking', 'round', '=', '')).toEqual([]);
    expect(await complete('dti', 'query', '')).toEqual([]);
    expect(script).toContain('complete -o default -F _dti dti');
  });

  it('hides what help hides', async () => {
    expect(await complete('dti', 'manifest-')).toEqual([]);
  });
});
