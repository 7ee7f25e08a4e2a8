import { BlockList, isIP, isIPv4 } from 'node:net'
import type { CompleteAppSettings } from '@cordon/shared/contracts'
import type { Target } from '@cordon/shared/socks'

/** The policy of one app, compiled from its settings once so that judging a request costs no parsing. */
export interface AppPolicy {
  readonly allow: HostList | undefined
  readonly deny: HostList
  readonly ports: readonly PortRange[] | undefined
  readonly onionOnly: boolean
  readonly ipv6: boolean
  readonly remoteNamesOnly: boolean
}

/** A compiled list of host patterns. */
export interface HostList {
  has(target: Target): boolean
}

interface PortRange {
  readonly first: number
  readonly last: number
}

/** Compile the settings of an app. */
export function compilePolicy(settings: CompleteAppSettings): AppPolicy {
  return {
    allow: settings.allow === undefined ? undefined : compileHosts(settings.allow),
    deny: compileHosts(settings.deny),
    ports: settings.ports?.map(compilePorts),
    onionOnly: settings.onionOnly,
    ipv6: settings.ipv6 === 'allow',
    remoteNamesOnly: settings.remoteNamesOnly,
  }
}

/** Report whether `port` is in one of `ranges`; no ranges allow every port. */
export const allowsPort = (ranges: AppPolicy['ports'], port: number): boolean =>
  ranges === undefined || ranges.some(({ first, last }) => first <= port && port <= last)

function compilePorts(range: number | string): PortRange {
  const [first, last = first] = String(range).split('-').map(Number)
  return { first: first ?? 0, last: last ?? 0 }
}

function compileHosts(patterns: readonly string[]): HostList {
  const names = new Set<string>()
  const suffixes = new Set<string>()
  const addresses = new BlockList()
  for (const pattern of patterns) {
    const [host = '', bits] = pattern.toLowerCase().split('/')
    const family = isIPv4(host) ? 'ipv4' : 'ipv6'
    if (isIP(host) === 0) (host.startsWith('*.') ? suffixes : names).add(host.replace(/^\*\./, ''))
    else addresses.addSubnet(host, Number(bits ?? (family === 'ipv4' ? 32 : 128)), family)
  }
  return { has: target => hasTarget(target, names, suffixes, addresses) }
}

function hasTarget(target: Target, names: Set<string>, suffixes: Set<string>, addresses: BlockList): boolean {
  if (target.type !== 'name') return addresses.check(target.address, target.type)
  const bare = target.name.toLowerCase().replace(/\.$/, '')
  if (names.has(bare)) return true
  // `*.example.org` holds for example.org too: look at the name and at each of its parents.
  for (let dot = -1; ; ) {
    if (suffixes.has(bare.slice(dot + 1))) return true
    dot = bare.indexOf('.', dot + 1)
    if (dot === -1) return false
  }
}
