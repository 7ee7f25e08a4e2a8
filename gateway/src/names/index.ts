/**
 * Names: the virtual addresses of one app, for programs that resolve before they connect.
 *
 * Belongs here: which address stands for which name, for how long, and in which nym epoch. Does not belong here: who
 * asks, and what a stream to such an address becomes.
 */
export { VirtualNames } from './virtual-names.ts'
