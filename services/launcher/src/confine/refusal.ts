import { Fault } from '@cordon/shared/errors'
import { show } from './show.ts'

/** The failure of a command whose program cannot be started, or would not see itself. */
export function commandMissing(program: string, why: 'missing' | 'hidden' = 'missing'): Fault {
  const [message, next] =
    why === 'hidden'
      ? [
          `${show(program)} lies where a confined program sees nothing`,
          'Move it out of /tmp, /run and Cordon’s own directories.',
        ]
      : [`there is no program ${show(program)}`, 'Install it, or give its path: cordon run APP -- PATH.']
  return new Fault('RUN_COMMAND_MISSING', message, { where: 'host', retry: 'never', next })
}

/** The failure on a machine whose system calls nobody has written down. */
export const machineUnknown = (name: string): Fault =>
  new Fault('RUN_KERNEL_UNFIT', `confinement does not know the system calls of ${show(name)}`, {
    where: 'host',
    retry: 'never',
    next: 'Use x86-64 or arm64.',
  })

/** The failure of a start inside of a confined program, which reaches no gateway and makes no network past its own. */
export const alreadyConfined = (): Fault =>
  new Fault('RUN_ALREADY_CONFINED', 'this is confined to an app already, and starts nothing in another', {
    where: 'process',
    retry: 'never',
    next: 'Start the program as it is: it keeps to the app. For another app, use a terminal that is not confined.',
  })

/** The failure of an option whose path leads nowhere: what it is to do could not be done when something comes there. */
export const pathMissing = (option: string, path: string): Fault =>
  new Fault('SUP_USAGE', `${option}: there is nothing at ${show(path)}`, {
    where: 'process',
    retry: 'never',
    next: 'Correct the path, or leave the option out.',
  })

/** The failure of a start beside a process that would do the work of the app. */
export const rivalRuns = (pid: number, hasOwnDirectory: boolean): Fault =>
  new Fault(
    'RUN_ALREADY_OUTSIDE',
    hasOwnDirectory
      ? `process ${pid} uses the directory of this app already`
      : `process ${pid} runs the same program outside, and would do the work of the confined one`,
    {
      where: 'host',
      retry: 'after-waiting',
      next: hasOwnDirectory ? 'End it first, or use --force.' : 'End it, run the app by its profile, or use --force.',
    },
  )

/** The failure of a start where nobody answers names, which a confined program can ask of nobody else. */
export const namesUnanswered = (): Fault =>
  new Fault('SUP_SERVICE_LEFT_OUT', 'a confined program needs dns, which services in cordon.yaml leaves out', {
    where: 'local',
    retry: 'never',
    next: 'Add dns to services, then `cordon down` and `cordon up`.',
  })

/** The failure of naming a profile that is not there. */
export const profileUnknown = (name: string): Fault =>
  new Fault('RUN_PROFILE_UNKNOWN', `there is no profile ${show(name)}`, {
    where: 'process',
    retry: 'never',
    next: 'See `cordon profiles` for the names, or give the command: cordon run APP -- COMMAND.',
  })
