import { useEffect, useState } from 'react';
import { TAB } from '../kept.ts';
import { FIRST_MANIFEST } from './firstManifest.ts';

/** What an integrator has written so far. Secrets are no part of it: they are kept nowhere. */
export interface Draft {
  readonly manifest: string;
  readonly baseUrl: string;
}

const KEY = 'dti-draft';

/** The draft of this tab, which survives a reload, and what changes parts of it. */
export function useDraft(): [Draft, (part: Partial<Draft>) => void] {
  const [draft, set] = useState(readDraft);
  useEffect(() => TAB.set(KEY, JSON.stringify(draft)), [draft]);
  return [draft, (part) => set((before) => ({ ...before, ...part }))];
}

function readDraft(): Draft {
  try {
    const kept: unknown = JSON.parse(TAB.get(KEY) ?? 'null');
    if (typeof kept === 'object' && kept !== null && 'manifest' in kept && 'baseUrl' in kept) {
      return { manifest: String(kept.manifest), baseUrl: String(kept.baseUrl) };
    }
  } catch {
    // Something else was kept there; begin anew.
  }
  return { manifest: FIRST_MANIFEST, baseUrl: '' };
}
