import { Component, type ComponentType, type LazyExoticComponent, lazy, type ReactNode } from 'react';
import { useWords } from '../language.tsx';
import { FRAME_WORDS } from '../text.ts';

const ASK_MS = 1_000;
/**
 * When the page was last loaded again for code that did not come; of this tab. In the storage itself and not by `TAB` of kept.ts, whose memory would be gone
 * with the page: where nothing may be stored the error is told by the {@link Boundary}, instead of the page being loaded over and over.
 */
const RELOADED = 'dti-reloaded';
/** Code that does not come again so soon after that is not there: the page is not loaded over and over. */
const PATIENCE_MS = 30_000;

/**
 * A part of the page whose code is loaded when it is first shown. Offline it is waited for. Code that did not come (the connection was cut, or a newer
 * platform has other files) is not asked for again by a browser as long as the page is open: the page is loaded again as soon as the platform answers, which
 * loses nothing, since all that was chosen is in its address. What does not come then either is told by the {@link Boundary} around it.
 */
export function loadLater<Props>(
  load: () => Promise<{ readonly default: ComponentType<Props> }>,
): LazyExoticComponent<ComponentType<Props>> {
  return lazy(async () => {
    if (!navigator.onLine) await new Promise((resolve) => addEventListener('online', resolve, { once: true }));
    try {
      return await load();
    } catch (error) {
      if (Date.now() - Number(sessionStorage.getItem(RELOADED)) < PATIENCE_MS) throw error;
      while (!(await doesAnswer())) await new Promise((resolve) => setTimeout(resolve, ASK_MS));
      sessionStorage.setItem(RELOADED, String(Date.now()));
      location.reload();
      return await new Promise<never>(() => undefined);
    }
  });
}

async function doesAnswer(): Promise<boolean> {
  try {
    return (await fetch(location.pathname, { method: 'HEAD', cache: 'no-store' })).ok;
  } catch {
    return false;
  }
}

interface Inside {
  /** What is shown inside; whatever else is shown next gets a new chance. */
  readonly at: unknown;
  readonly children: ReactNode;
}

interface Trouble {
  readonly isBroken: boolean;
}

/** Keeps what went wrong in a part of the page to that part: the rest stays, and the page can be loaded again. */
export class Boundary extends Component<Inside, Trouble> {
  override state: Trouble = { isBroken: false };

  static getDerivedStateFromError(): Trouble {
    return { isBroken: true };
  }

  override componentDidUpdate(before: Inside): void {
    if (this.state.isBroken && before.at !== this.props.at) this.setState({ isBroken: false });
  }

  override render(): ReactNode {
    return this.state.isBroken ? <Broken /> : this.props.children;
  }
}

function Broken() {
  const say = useWords(FRAME_WORDS);
  return (
    <div className="state state-failed" role="alert">
      <p>{say('broken')}</p>
      <button type="button" onClick={() => location.reload()}>
        {say('reload')}
      </button>
    </div>
  );
}
