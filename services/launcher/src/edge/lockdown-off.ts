import { Fault } from '@cordon/shared/errors'

/** The failure of a command that makes sense on a locked machine alone. */
export const lockdownOff = (): Fault =>
  new Fault('LOCK_OFF', 'this machine is not locked', {
    where: 'host',
    retry: 'never',
    next: 'Lock it with `cordon lockdown on`.',
  })
