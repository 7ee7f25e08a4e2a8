import { readFileSync } from 'node:fs'
import type { NamespaceFacts } from '../refusal.ts'

/** Read what this machine says about user namespaces. */
export const readNamespaceFacts = (said: string): NamespaceFacts => ({
  unprivilegedClone: readSwitch('kernel/unprivileged_userns_clone'),
  apparmorRestricts: readSwitch('kernel/apparmor_restrict_unprivileged_userns'),
  maxUserNamespaces: readSwitch('user/max_user_namespaces'),
  maxNetNamespaces: readSwitch('user/max_net_namespaces'),
  said,
})

const readSwitch = (name: string): string | undefined => {
  try {
    return readFileSync(`/proc/sys/${name}`, 'utf8').trim()
  } catch {
    return undefined // this kernel has no such switch
  }
}
