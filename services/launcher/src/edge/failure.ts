import { explain, Fault, type FaultCode } from '@cordon/shared/errors'

/** Exit statuses of the `cordon` command, and those of env(1) for a program that is not there. */
const STATUS_OF: Partial<Record<FaultCode, number>> = {
  SUP_USAGE: 2,
  SUP_NOT_RUNNING: 3,
  SUP_NOT_READY: 4,
  RUN_COMMAND_MISSING: 127,
}

const FAILED = 1

/** Choose the exit status of a command that failed before the program started. */
export const exitStatusOf = (thrown: unknown): number =>
  (thrown instanceof Fault ? STATUS_OF[thrown.code] : undefined) ?? FAILED

/** Format a failure for people, as every command of Cordon's does. */
export function formatFault(thrown: unknown): string {
  if (!(thrown instanceof Fault)) return `cordon: ${explain(thrown)}\n  next: Report this as a bug of Cordon.\n`
  return `cordon: ${thrown.message}\n${thrown.next === undefined ? '' : `  next: ${thrown.next}\n`}`
}
