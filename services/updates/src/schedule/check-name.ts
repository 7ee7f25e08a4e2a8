import { createHmac } from 'node:crypto'

/** A product is checked at most once a window by all machines of a fleet together. */
const WINDOW_MS = 86_400_000

/** Number the window that a moment of wall time lies in. */
export const windowOf = (nowMs: number): number => Math.floor(nowMs / WINDOW_MS)

/**
 * Name a check on the queue: the same on all machines of the fleet that ask the same question, and to everybody else a
 * random word that changes with each window and try. So what Redis holds is no list of products and no history of one.
 */
export const nameCheck = (secret: Uint8Array, question: string, { window, tried }: Check): string =>
  name(secret, `updates.check ${window} ${tried} ${question}`)

/** One try of one question in one window. */
interface Check {
  readonly window: number
  readonly tried: number
}

/** Name the place where the fleet keeps what was answered in a window, by the same rule. */
export const nameAnswer = (secret: Uint8Array, question: string, window: number): string =>
  name(secret, `updates.answer ${window} ${question}`)

const name = (secret: Uint8Array, text: string): string =>
  createHmac('sha256', secret).update(text).digest('hex').slice(0, 32)
