import { createHmac } from 'node:crypto'

/** A product is checked at most once a window by all machines of a fleet together. */
const WINDOW_MS = 86_400_000

/** Number the window that a moment of wall time lies in. */
export const windowOf = (nowMs: number): number => Math.floor(nowMs / WINDOW_MS)

/**
 * Name a check on the queue: the same on all machines of the fleet, and to everybody else a random word that changes
 * with each window and try. So what Redis holds is no list of products and no history of one.
 */
export const nameCheck = (secret: Uint8Array, product: string, window: number): string =>
  createHmac('sha256', secret).update(`updates.check ${window} ${product}`).digest('hex').slice(0, 32)
