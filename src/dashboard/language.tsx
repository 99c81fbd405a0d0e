import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { BROWSER } from './kept.ts';

/** The languages of the dashboard; a new one is a column in each `text.ts`. */
export type Language = 'vi' | 'en';

/**
 * The words of one view: the same keys in every language; `{name}` stands for a value, `{name|page|pages}` for a value and the noun that belongs to it, for one
 * and for any other number.
 */
export type Words<Key extends string> = Readonly<Record<Language, Readonly<Record<Key, string>>>>;

const KEY = 'dti-language';

interface Speech {
  readonly language: Language;
  readonly setLanguage: (language: Language) => void;
}
const Context = createContext<Speech>({ language: 'vi', setLanguage: () => undefined });

/** The address decides (`?lang=en`), then what was chosen before, then the browser. */
function firstLanguage(): Language {
  const asked = new URLSearchParams(location.search).get('lang') ?? BROWSER.get(KEY) ?? navigator.language;
  return asked.toLowerCase().startsWith('vi') ? 'vi' : 'en';
}

/** An address that names a language names the one that is spoken, so that it can be sent on. */
function renameLanguage(language: Language): void {
  const address = new URL(location.href);
  if (!address.searchParams.has('lang')) return;
  address.searchParams.set('lang', language);
  history.replaceState(history.state, '', address);
}

/** Gives its children a language, and the document too. */
export function LanguageProvider({ children }: { readonly children: ReactNode }) {
  const [language, choose] = useState(firstLanguage);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const speech = useMemo(
    () => ({
      language,
      setLanguage: (next: Language) => {
        BROWSER.set(KEY, next);
        renameLanguage(next);
        choose(next);
      },
    }),
    [language],
  );
  return <Context value={speech}>{children}</Context>;
}

/** The language, and what changes it. */
export function useLanguage(): Speech {
  return useContext(Context);
}

/** Something named in every language, as operations ask for it: `name_vi: name(lang: VI)`. */
export type Named = Readonly<Record<`name_${Language}`, string>>;

/** Names things in the chosen language; another language asks nothing anew. */
export function useName(): (named: Named) => string {
  const { language } = useContext(Context);
  return useCallback((named) => named[`name_${language}`], [language]);
}

/** A name of common nouns within a sentence: `Bodies with public services` without its capital. Names of provinces and bodies keep theirs. */
export function inSentence(name: string): string {
  // Two capitals are an abbreviation.
  return /^\p{Lu}(?!\p{Lu})/u.test(name) ? name.charAt(0).toLowerCase() + name.slice(1) : name;
}

/** Says the words of a view in the chosen language. */
export function useWords<Key extends string>(
  words: Words<Key>,
): (key: Key, values?: Readonly<Record<string, string | number>>) => string {
  const { language } = useContext(Context);
  // The same function until the language changes, since charts are drawn again when theirs do.
  return useCallback(
    (key, values = {}) =>
      words[language][key].replace(
        /\{(\w+)(?:\|([^|}]*)\|([^|}]*))?\}/g,
        (all, name: string, one?: string, many?: string) => {
          const value = String(values[name] ?? all);
          return one === undefined ? value : `${value} ${value === '1' ? one : many}`;
        },
      ),
    [words, language],
  );
}

/** How numbers and times are written in the chosen language. */
export interface Formats {
  /** A score: four decimals, or a dash for none. */
  readonly score: (value: number | null | undefined) => string;
  /** A share of 1 as whole percent, or a dash for none. */
  readonly share: (value: number | null | undefined) => string;
  /** With a sign: `+0.0123`, `−3`; a dash for none. */
  readonly change: (value: number | null | undefined, decimals?: number) => string;
  /** A number with at most so many decimals. */
  readonly number: (value: number | null | undefined, decimals?: number) => string;
  /** Date and time in Vietnam. */
  readonly time: (value: string | number | Date | null | undefined) => string;
}

const NONE = '–';

/** Formats of the chosen language. */
export function useFormats(): Formats {
  const { language } = useContext(Context);
  return useMemo(() => {
    const locale = language === 'vi' ? 'vi-VN' : 'en-GB';
    const fixed = new Map<string, Intl.NumberFormat>();
    const formatOf = (options: Intl.NumberFormatOptions): Intl.NumberFormat => {
      const key = JSON.stringify(options);
      const found = fixed.get(key) ?? new Intl.NumberFormat(locale, options);
      fixed.set(key, found);
      return found;
    };
    const say = (value: number | null | undefined, options: Intl.NumberFormatOptions): string =>
      value === null || value === undefined ? NONE : formatOf(options).format(value);
    const clock = new Intl.DateTimeFormat(locale, {
      dateStyle: 'medium',
      timeStyle: 'medium',
      timeZone: 'Asia/Ho_Chi_Minh',
    });
    return {
      score: (value) => say(value, { minimumFractionDigits: 4, maximumFractionDigits: 4 }),
      share: (value) => say(value, { style: 'percent', maximumFractionDigits: 0 }),
      change: (value, decimals = 4) =>
        say(value, { signDisplay: 'exceptZero', minimumFractionDigits: decimals, maximumFractionDigits: decimals }),
      number: (value, decimals = 2) => say(value, { maximumFractionDigits: decimals }),
      time: (value) => (value === null || value === undefined ? NONE : clock.format(new Date(value))),
    };
  }, [language]);
}
