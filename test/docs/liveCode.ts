import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';

const TEXT = readFileSync(join(import.meta.dirname, '../../docs/live.md'), 'utf8');

/** The function of a code block of docs/live.md, as a reader would copy it. */
export async function documentedFunction<Fn>(name: string): Promise<Fn> {
  const blocks = [...TEXT.matchAll(/```typescript\n(.*?)```/gs)].map(([, code = '']) => code);
  const code = blocks.find((block) => new RegExp(`function ${name}[<(]`).test(block)) ?? '';
  const url = `data:text/javascript;base64,${Buffer.from(stripTypeScriptTypes(code)).toString('base64')}`;
  const module = (await import(/* @vite-ignore */ url)) as Record<string, Fn>;
  const found = module[name];
  if (found === undefined) throw new Error(`docs/live.md has no function ${name}`);
  return found;
}
