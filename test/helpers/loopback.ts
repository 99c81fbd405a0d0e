import { createAddressGuard } from '../../src/source/address.js';

/** Lets the servers of a test be read, which listen on this machine. */
export const LOOPBACK = createAddressGuard({ allowedHosts: ['127.0.0.1', 'localhost', '[::1]'] });
