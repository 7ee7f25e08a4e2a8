import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { Fault } from '@cordon/shared/errors'
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

/** Refuse a network that leads anywhere: the lab's addresses and relays are for one that nothing else is in. */
export function checkNetworkIsEmpty(): void {
  const leads = Object.entries(networkInterfaces()).filter(([, addresses = []]) => addresses.some(one => !one.internal))
  if (leads.length === 0) return
  const names = leads.map(([name]) => name).join(', ')
  throw new Fault('LAB_NO_NAMESPACES', `the lab is not made here: this network has ${names}`, {
    where: 'host',
    retry: 'never',
    next: 'Use --here in a container with `network_mode: none` alone; without it the lab makes a network itself.',
  })
}
