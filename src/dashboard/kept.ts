/** Keeps short texts beyond a page. */
export interface Kept {
  get(key: string): string | null;
  /** Null takes it away. */
  set(key: string, text: string | null): void;
  /** Takes all away. */
  clear(): void;
}

/** Until this tab closes. */
export const TAB: Kept = keep(() => sessionStorage);
/** In this browser. */
export const BROWSER: Kept = keep(() => localStorage);

/** In the page's own memory instead where the browser forbids to store anything: everything works, and is forgotten with the page. */
function keep(storage: () => Storage): Kept {
  const memory = new Map<string, string>();
  return {
    get(key) {
      try {
        return storage().getItem(key);
      } catch {
        return memory.get(key) ?? null;
      }
    },
    set(key, text) {
      try {
        if (text === null) storage().removeItem(key);
        else storage().setItem(key, text);
      } catch {
        if (text === null) memory.delete(key);
        else memory.set(key, text);
      }
    },
    clear() {
      memory.clear();
      try {
        storage().clear();
      } catch {
        // Nothing could be kept there.
      }
    },
  };
}
