/** What this machine says about user namespaces; undefined where the kernel has no such switch. */
export interface NamespaceFacts {
  /** kernel.unprivileged_userns_clone (Debian's patch). */
  readonly unprivilegedClone: string | undefined
  /** kernel.apparmor_restrict_unprivileged_userns (Ubuntu). */
  readonly apparmorRestricts: string | undefined
  /** user.max_user_namespaces. */
  readonly maxUserNamespaces: string | undefined
  /** user.max_net_namespaces. */
  readonly maxNetNamespaces: string | undefined
  /** What unshare, mount or ip said, if anything. */
  readonly said: string
}

/** One sentence on what is wrong, and what to do about it. */
export interface Refusal {
  readonly message: string
  readonly next: string
}

/** Explain why this machine gives us no namespaces, from the most to the least certain cause. */
export function explainRefusal(facts: NamespaceFacts): Refusal {
  if (facts.maxUserNamespaces === '0')
    return switchedOff('user.max_user_namespaces is 0', 'user.max_user_namespaces=15000')
  if (facts.maxNetNamespaces === '0')
    return switchedOff('user.max_net_namespaces is 0', 'user.max_net_namespaces=15000')
  if (facts.unprivilegedClone === '0')
    return switchedOff('kernel.unprivileged_userns_clone is 0', 'kernel.unprivileged_userns_clone=1')
  if (facts.apparmorRestricts === '1')
    return switchedOff(
      'AppArmor restricts user namespaces (kernel.apparmor_restrict_unprivileged_userns is 1)',
      'kernel.apparmor_restrict_unprivileged_userns=0',
    )
  const said = facts.said.trim().split('\n').at(-1) ?? ''
  return {
    message: `this machine refuses the namespaces that the lab lives in${said === '' ? '' : ` (${said})`}`,
    next:
      facts.maxUserNamespaces === undefined
        ? 'Use a kernel with user namespaces (CONFIG_USER_NS).'
        : 'Allow user, network, mount and process namespaces here; in a container, its seccomp profile forbids them.',
  }
}

const switchedOff = (cause: string, setting: string): Refusal => ({
  message: `the lab needs user namespaces, and ${cause}`,
  next: `Run: sudo sysctl -w ${setting}`,
})
