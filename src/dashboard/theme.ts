import { useEffect, useState } from 'react';
import { BROWSER } from './kept.ts';

/** `auto` follows the system. */
export type Theme = 'auto' | 'light' | 'dark';
const KEY = 'dti-theme';

/** The chosen theme, which is also written on the document, and what changes it. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, choose] = useState<Theme>(() => {
    const kept = BROWSER.get(KEY);
    return kept === 'light' || kept === 'dark' ? kept : 'auto';
  });
  useEffect(() => {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    BROWSER.set(KEY, theme);
  }, [theme]);
  return [theme, choose];
}
