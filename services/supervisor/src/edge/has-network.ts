import { networkInterfaces } from 'node:os'

/** Report whether any interface besides loopback has an address. */
export const hasNetwork = (): boolean =>
  Object.values(networkInterfaces()).some(addresses => addresses?.some(({ internal }) => !internal))
