/**
 * Through tor: requests of Cordon's own services, each over an app port and under an identity of its own.
 *
 * Belongs here: which addresses may be asked for, how much and how long is waited for, and in `edge/` the dialing.
 * Does not belong here: what is asked for, when, and what an answer means. Nothing here resolves a name or keeps
 * anything from one identity to the next: no connection, TLS session, cookie or cache.
 */
export type { TransferLimits, TransferVerdict } from './transfer-meter.ts'
export { TransferMeter } from './transfer-meter.ts'
export type { WebAddress } from './web-address.ts'
export { formatAuthority, parseWebAddress } from './web-address.ts'
