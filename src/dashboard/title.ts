import { useEffect } from 'react';
import { useWords } from './language.tsx';
import { FRAME_WORDS } from './text.ts';

/**
 * Names the document after what is looked at, in the chosen language, so that tabs, bookmarks and screen readers tell views apart.
 * @param text what is looked at; null = not known yet, and the name stays
 */
export function useTitle(text: string | null): void {
  const say = useWords(FRAME_WORDS);
  const site = say('title');
  useEffect(() => {
    if (text !== null) document.title = `${text} · ${site}`;
  }, [text, site]);
}
