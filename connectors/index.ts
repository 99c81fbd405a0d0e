import type { Connector } from '../src/domain/connector.js';
import { einvoice } from './einvoice/index.js';
import { population } from './population/index.js';
import { publicServices } from './publicServices/index.js';

/** The connectors that are code. A new one is added here, and nowhere else. */
export const CODE_CONNECTORS: readonly Connector[] = [einvoice, publicServices, population];
