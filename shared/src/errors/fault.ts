import type { FaultCode } from './catalogue.ts'

/** Where a fault arose: our own logic, this machine, a local part, tor, or beyond tor. */
export type Where = 'process' | 'host' | 'local' | 'tor' | 'remote'

/** Whether and when trying again makes sense. A number is a delay in milliseconds. */
export type Retry = 'never' | 'now' | 'after-waiting' | number

export interface FaultOptions {
  readonly where: Where
  readonly retry: Retry
  /** The next step for the person who reads this, in one imperative sentence. */
  readonly next?: string
  readonly cause?: unknown
}

/**
 * The world failed, and the layer that knew the parameters says how.
 *
 * `message` is one sentence without destinations, credentials or circuit paths; it may be logged at any level.
 */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly code: FaultCode
  readonly where: Where
  readonly retry: Retry
  readonly next: string | undefined

  constructor(code: FaultCode, message: string, { where, retry, next, cause }: FaultOptions) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.where = where
    this.retry = retry
    this.next = next
  }
}

/** A bug of ours. Nothing catches it but the top of a process. */
class InternalError extends Error {
  override readonly name = 'InternalError'
}

/** Report a state that cannot be: a bug of ours, never the world's doing. */
export const internal = (message: string): Error => new InternalError(message)

/** Read the system error code (`ENOENT`, …) of anything thrown, if it has one. */
export function systemCode(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined
  return typeof thrown.code === 'string' ? thrown.code : undefined
}

/** Say what was thrown in one line, with the chain of causes. */
export function explain(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  return thrown.cause === undefined ? thrown.message : `${thrown.message}: ${explain(thrown.cause)}`
}
