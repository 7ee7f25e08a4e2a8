import { Fault } from '@cordon/shared/errors'
import type { LayingStep } from './inside-message.ts'

/** What this machine says about user namespaces; undefined where the kernel has no such switch. */
export interface NamespaceSwitches {
  /** kernel.unprivileged_userns_clone (Debian's patch). */
  readonly unprivilegedClone: string | undefined
  /** kernel.apparmor_restrict_unprivileged_userns (Ubuntu). */
  readonly apparmorRestricts: string | undefined
  readonly maxUserNamespaces: string | undefined
  readonly maxNetNamespaces: string | undefined
}

/** Where making the namespaces failed: before the process inside spoke, in one of its steps, or in bwrap after it. */
export type FailedStep = 'namespaces' | LayingStep

/** How a namespace was refused: each switch, its refusing value, and the value that allows. */
const REFUSALS = [
  { key: 'maxUserNamespaces', refuses: '0', setting: 'user.max_user_namespaces', allows: '15000' },
  { key: 'maxNetNamespaces', refuses: '0', setting: 'user.max_net_namespaces', allows: '15000' },
  { key: 'unprivilegedClone', refuses: '0', setting: 'kernel.unprivileged_userns_clone', allows: '1' },
  {
    key: 'apparmorRestricts',
    refuses: '1',
    setting: 'kernel.apparmor_restrict_unprivileged_userns',
    allows: '0',
  },
] as const satisfies readonly {
  key: keyof NamespaceSwitches
  refuses: string
  setting: string
  allows: string
}[]

/** Report whether an ordinary user gets no user namespace here. Root needs none. */
export const refusesUserNamespaces = (switches: NamespaceSwitches): boolean =>
  REFUSALS.some(({ key, refuses }) => key !== 'maxNetNamespaces' && switches[key] === refuses)

/** Explain a failed step as a Fault: what is wrong, and the one next step. */
export function explainFailure(step: FailedStep, said: string, switches: NamespaceSwitches): Fault {
  const refusal = REFUSALS.find(({ key, refuses }) => switches[key] === refuses)
  // With AppArmor's restriction the namespace is made, and the first thing done in it is refused.
  if ((step === 'namespaces' || step === 'devices') && refusal !== undefined) {
    return fault(
      'RUN_NAMESPACES_REFUSED',
      `confinement needs user namespaces, and ${refusal.setting} is ${refusal.refuses}`,
      {
        next: `Run: sudo sysctl -w ${refusal.setting}=${refusal.allows}`,
      },
    )
  }
  const why = said === '' ? '' : ` (${lastLine(said)})`
  if (step === 'namespaces') {
    return fault('RUN_NAMESPACES_REFUSED', `this machine refuses the namespaces of confinement${why}`, {
      next: 'Allow user, network, mount and process namespaces; in a container its seccomp profile forbids them.',
    })
  }
  if (step === 'rules') {
    return fault('RUN_KERNEL_UNFIT', `this kernel does not take the rules of confinement${why}`, {
      next: 'Run: sudo modprobe -a nft_tproxy nft_socket nft_redir nft_reject_inet',
    })
  }
  return fault('RUN_SETUP_FAILED', `confinement could not be set up: ${STEPS[step]}${why}`, {
    next: `In a container, allow it namespaces and mounts; else report what ${why === '' ? 'stands above' : 'is in parentheses'}.`,
  })
}

const STEPS: Readonly<Record<LayingStep, string>> = {
  devices: 'the network device or a route was refused',
  rules: 'the rules were refused',
  mounts: 'a mount was refused',
  sockets: 'a listener was refused',
  program: 'the program was not started',
}

const lastLine = (said: string): string => said.trim().split('\n').at(-1)?.slice(0, 200) ?? ''

const fault = (
  code: 'RUN_NAMESPACES_REFUSED' | 'RUN_KERNEL_UNFIT' | 'RUN_SETUP_FAILED',
  message: string,
  { next }: { readonly next: string },
): Fault => new Fault(code, message, { where: 'host', retry: 'never', next })
