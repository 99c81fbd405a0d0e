import type { ComponentType, LazyExoticComponent } from 'react';
import { loadLater } from './parts/loaded.tsx';

/** A view: where it is, what the navigation calls it, and its code, which is loaded when it is first looked at. */
export interface View {
  /** A pattern of the router; `:name` is a parameter. */
  readonly path: string;
  /** Its words in text.ts; null = not in the navigation. */
  readonly label: 'ranking' | 'map' | 'compare' | 'regions' | 'alerts' | 'sources' | 'register' | null;
  readonly component: LazyExoticComponent<ComponentType>;
}

/** The views, in the order of the navigation. The server answers their addresses with the page (src/server/dashboard.ts). */
export const VIEWS: readonly View[] = [
  { path: '/', label: 'ranking', component: loadLater(() => import('./ranking/rankingView.tsx')) },
  { path: '/map', label: 'map', component: loadLater(() => import('./map/mapView.tsx')) },
  { path: '/entity/:codeSystem/:code', label: null, component: loadLater(() => import('./profile/profileView.tsx')) },
  { path: '/entity/:key', label: null, component: loadLater(() => import('./profile/profileView.tsx')) },
  { path: '/compare', label: 'compare', component: loadLater(() => import('./compare/compareView.tsx')) },
  { path: '/regions', label: 'regions', component: loadLater(() => import('./regions/regionsView.tsx')) },
  { path: '/alerts', label: 'alerts', component: loadLater(() => import('./alerts/alertsView.tsx')) },
  { path: '/sources/linkages', label: null, component: loadLater(() => import('./sources/linkagesView.tsx')) },
  { path: '/sources/:key', label: null, component: loadLater(() => import('./sources/sourceView.tsx')) },
  { path: '/sources', label: 'sources', component: loadLater(() => import('./sources/sourcesView.tsx')) },
  { path: '/register', label: 'register', component: loadLater(() => import('./register/registerView.tsx')) },
];
