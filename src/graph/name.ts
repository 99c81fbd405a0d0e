import { Arg } from 'type-graphql';
import type { Name } from '../domain/entity.js';
import { type Lang, LangWord } from './words.js';

/** The argument `lang` of every name, and of what else there is in both languages. */
export function LangArg(what = 'name') {
  const description = `The language of the ${what}.`;
  return Arg('lang', () => LangWord, { nullable: true, defaultValue: 'EN', description });
}

/** A name in a language; null = English. */
export function nameIn(name: Name, lang: Lang | null): string {
  return lang === 'VI' ? name.vi : name.en;
}
