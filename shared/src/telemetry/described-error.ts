import { Fault, type FaultCode, systemCode } from '../errors/index.ts'
import { toPlainText } from './plain-text.ts'

/** What may be said of something thrown. */
export interface DescribedError {
  readonly fault?: FaultCode
  readonly detail: string
}

/** Faults whose message quotes what a person wrote, which may name a host. `cordon status` shows it to its owner. */
const QUOTING: readonly FaultCode[] = ['CFG_INVALID', 'GW_REQUEST_INVALID']

/**
 * Say what may be said: a fault's code and message, which holds no destination by contract; a bug's message; and of
 * all else only its name and system code, because Node and libraries put addresses into their messages.
 */
export function describeError(thrown: unknown): DescribedError {
  if (thrown instanceof Fault) {
    const detail = QUOTING.includes(thrown.code) ? 'see `cordon status`' : toPlainText(thrown.message)
    return { fault: thrown.code, detail }
  }
  if (!(thrown instanceof Error)) return { detail: 'something that is no error was thrown' }
  if (thrown.name === 'InternalError') return { detail: toPlainText(thrown.message) }
  const code = systemCode(thrown)
  return { detail: toPlainText(code === undefined ? thrown.name : `${thrown.name} ${code}`) }
}
