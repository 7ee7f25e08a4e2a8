import { judgeAddress, judgeName } from '@cordon/shared/names'
import type { Target } from '@cordon/shared/socks'
import { type AppPolicy, allowsPort } from './app-policy.ts'
import type { Refusal } from './refusal.ts'

/** What of a request decides whether it may pass. `port` is undefined for look-ups, which have none. */
export interface JudgedRequest {
  readonly target: Target
  readonly port: number | undefined
}

const isOnion = (target: Target): boolean => target.type === 'name' && /\.onion\.?$/i.test(target.name)

/**
 * Judge one request of one app; undefined means that it goes to tor.
 *
 * The refusals that hold for every app come first, so no policy can open them. `machineNames` are the names that this
 * machine has given itself, in lower case.
 */
export function judgeRequest(
  { target, port }: JudgedRequest,
  policy: AppPolicy,
  machineNames: ReadonlySet<string>,
): Refusal | undefined {
  const never = target.type === 'name' ? judgeName(target.name, machineNames) : judgeAddress(target.address)
  if (never !== undefined) return never
  if (target.type !== 'name' && policy.remoteNamesOnly) return 'address-not-allowed'
  if (target.type === 'ipv6' && !policy.ipv6) return 'ipv6-refused'
  if (policy.onionOnly && !isOnion(target)) return 'onion-only'
  if (policy.deny.has(target) || policy.allow?.has(target) === false) return 'host-denied'
  if (port !== undefined && !allowsPort(policy.ports, port)) return 'port-denied'
  return undefined
}
