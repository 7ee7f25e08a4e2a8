import type { Problem } from '@cordon/shared/contracts'
import { CATALOGUE, explain, Fault, type FaultCode } from '@cordon/shared/errors'

/** Exit statuses that scripts rely on (DESIGN.md section 5). */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notRunning: 3,
  notReady: 4,
  breached: 5,
  updateAvailable: 10,
} as const
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT]

const STATUS_OF: Partial<Record<FaultCode, ExitStatus>> = {
  SUP_USAGE: EXIT.usage,
  SUP_NOT_RUNNING: EXIT.notRunning,
  SUP_NOT_READY: EXIT.notReady,
  GW_TOR_UNREACHABLE: EXIT.notReady,
  UPD_CLOCK_UNTRUSTED: EXIT.notReady,
}

/** Choose the exit status that a failure ends the command with. */
export const exitStatusOf = (thrown: unknown): ExitStatus =>
  (thrown instanceof Fault ? STATUS_OF[thrown.code] : undefined) ?? EXIT.failed

/** Describe anything thrown as scripts see it. */
export function describeFailure(thrown: unknown): Problem {
  if (thrown instanceof Fault) return { code: thrown.code, message: thrown.message, next: thrown.next ?? null }
  return { code: 'INTERNAL', message: explain(thrown), next: 'Report this as a bug of Cordon.' }
}

/** Format a failure: two lines for people, one JSON object for scripts. */
export function formatFailure({ code, message, next }: Problem, json: boolean): string {
  if (json) return `${JSON.stringify({ error: { code, message, next } })}\n`
  const lines = message.split('\n').map(line => `cordon: ${line}`)
  return `${[...lines, ...(next === null ? [] : [`  next: ${next}`])].join('\n')}\n`
}

/** Turn what a part answered back into a Fault. A code that is not in the catalogue is not trusted to mean anything. */
export function toFault({ code, message, next }: Problem): Fault {
  const known = Object.hasOwn(CATALOGUE, code) ? (code as FaultCode) : 'SUP_ANSWER_UNKNOWN'
  return new Fault(known, message, { where: 'local', retry: 'never', ...(next === null ? {} : { next }) })
}

/** The failure of a command line. */
export const usage = (message: string, next = 'See `cordon help`.'): Fault =>
  new Fault('SUP_USAGE', message, { where: 'process', retry: 'never', next })
