import { Fault, type FaultCode } from '@cordon/shared/errors'

/**
 * What a source did wrong. Trying again uses another circuit, so another exit.
 *
 * `message` names neither host nor file of the source: it may be logged.
 */
export const refuse = (code: FaultCode, message: string, options: { next?: string; cause?: unknown } = {}): Fault =>
  new Fault(code, message, { where: 'remote', retry: 'after-waiting', ...options })
