import { z } from 'zod';

const MAX_PATTERN_CHARS = 200;

/** A pattern of names in a manifest. Not a regular expression, for one of those can take longer than the age of the universe. */
export const patternSchema = z
  .string()
  .max(MAX_PATTERN_CHARS)
  .describe(
    'Pattern of a whole text: * stands for any characters, ? for one, # for one digit; case counts; \\ takes the next one as it is.',
  );

/** One pattern, or several of which one must match. */
export const patternsSchema = z
  .union([patternSchema, z.array(patternSchema).min(1).max(50)])
  .describe('One pattern, or several of which one must match.');

interface Token {
  readonly kind: 'many' | 'one' | 'digit' | 'character';
  readonly character: string;
}

/**
 * Compiles patterns to one test. Text and pattern are compared as NFC, since both spellings of Vietnamese are in use. Takes at most the product of
 * both lengths.
 */
export function compilePatterns(patterns: string | readonly string[]): (text: string) => boolean {
  const compiled = (typeof patterns === 'string' ? [patterns] : patterns).map(readTokens);
  return (text) => {
    const characters = [...text.normalize('NFC')];
    return compiled.some((tokens) => matches(tokens, characters));
  };
}

function readTokens(pattern: string): readonly Token[] {
  const tokens: Token[] = [];
  let isEscaped = false;
  for (const character of pattern.normalize('NFC')) {
    if (!isEscaped && character === '\\') {
      isEscaped = true;
      continue;
    }
    const kind = isEscaped ? 'character' : kindOf(character);
    tokens.push({ kind, character });
    isEscaped = false;
  }
  return tokens;
}

function kindOf(character: string): Token['kind'] {
  if (character === '*') return 'many';
  if (character === '?') return 'one';
  return character === '#' ? 'digit' : 'character';
}

/** Greedy, and goes back to the last `*` only: earlier ones can never do better. */
function matches(tokens: readonly Token[], text: readonly string[]): boolean {
  let [at, position, star, starPosition] = [0, 0, -1, 0];
  while (position < text.length) {
    const token = tokens[at];
    if (token?.kind === 'many') {
      star = at;
      starPosition = position;
      at += 1;
    } else if (token !== undefined && fits(token, text[position] ?? '')) {
      at += 1;
      position += 1;
    } else if (star >= 0) {
      at = star + 1;
      starPosition += 1;
      position = starPosition;
    } else return false;
  }
  return tokens.slice(at).every((token) => token.kind === 'many');
}

function fits(token: Token, character: string): boolean {
  if (token.kind === 'one') return true;
  return token.kind === 'digit' ? /^\d$/.test(character) : token.character === character;
}
