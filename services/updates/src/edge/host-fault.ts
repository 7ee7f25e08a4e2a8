import { explain, Fault, systemCode } from '@cordon/shared/errors'

/**
 * Say what this machine could not do: a Fault as it is, an error of the system as one that names `what`. Everything else
 * is a bug of ours, and thrown on.
 */
export function toFault(thrown: unknown, what: string): Fault {
  if (thrown instanceof Fault) return thrown
  if (systemCode(thrown) === undefined) throw thrown
  return new Fault('CFG_UNREADABLE', `${what}: ${explain(thrown)}`, {
    where: 'host',
    retry: 'after-waiting',
    next: 'Check the free space where the state lives.',
    cause: thrown,
  })
}
