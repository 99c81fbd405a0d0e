import type { Connector } from '../src/domain/connector.js';
import { population } from './population/index.js';

/** The connectors that are code; a new one is added here, and nowhere else. All other sources are manifests: `<key>/manifest.yaml`. */
export const CODE_CONNECTORS: readonly Connector[] = [population];
