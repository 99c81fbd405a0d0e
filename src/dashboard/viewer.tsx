import { createContext, type ReactNode, useContext } from 'react';
import { useQuery } from 'urql';
import { ViewerDocument, type ViewerQuery } from './generated/operations.ts';
import { tokenOf } from './token.ts';

/** Who looks: the role, and what it may do, from the platform's own map of permissions. */
export type Viewer = ViewerQuery['viewer'];

const NOBODY: Viewer = {
  ...{ role: 'PUBLIC', subject: null },
  ...{ mayRegister: false, maySync: false, mayReplay: false, mayReadRejects: false, mayReadPages: false },
  ...{ mayReadFailure: false, mayReadSettings: false, mayReadVersions: false, mayReadHosts: false, mayCheck: false },
  ...{
    maySetSettings: false,
    mayActivate: false,
    mayPause: false,
    mayRetire: false,
    mayPreview: false,
    mayValidate: false,
  },
};
const Context = createContext<Viewer>(NOBODY);

/** Asks once who looks; until that is known it is the public. */
export function ViewerProvider({ children }: { readonly children: ReactNode }) {
  const [{ data }] = useQuery({ query: ViewerDocument });
  const viewer = data?.viewer ?? NOBODY;
  // Who has just signed out is the public at once: what only the one before might read must not be asked for again.
  const isGone = tokenOf() === null && viewer.role !== 'PUBLIC';
  return <Context value={isGone ? NOBODY : viewer}>{children}</Context>;
}

/** Who looks at the page. */
export function useViewer(): Viewer {
  return useContext(Context);
}
