import { isIPv4, isIPv6 } from 'node:net'
import type { AppSettings } from './app-settings.ts'
import { type ClockSettings, completeClockSettings } from './clock-settings.ts'
import type { Configuration } from './configuration.ts'
import { parseDnsResolver } from './dns-resolver.ts'
import { findInProduct } from './product-laws.ts'
import { completeServices } from './services.ts'

/** A mistake that a schema cannot see: where it stands, and what may stand there. */
export interface BrokenLaw {
  readonly path: readonly string[]
  readonly allowed: string
}

/** Find what is well-formed and still cannot be meant. */
export function findBrokenLaws(configuration: Configuration): readonly BrokenLaw[] {
  const { apps = {}, tor = {}, clock = {}, updates = {} } = configuration
  const broken = Object.entries(apps).flatMap(([id, settings]) => findInApp(['apps', id], settings))
  const owners = new Map<number, string>()
  for (const [id, { port, dns }] of Object.entries(apps)) {
    const wanted = [
      { port, path: ['apps', id, 'port'] },
      { port: dns?.port, path: ['apps', id, 'dns', 'port'] },
    ]
    for (const { port, path } of wanted) {
      if (port === undefined) continue
      if (owners.has(port)) broken.push({ path, allowed: 'a port that nothing else of Cordon has' })
      owners.set(port, id)
    }
  }
  if (tor.external !== undefined && (tor.bridges ?? tor.upstreamProxy ?? tor.additions ?? tor.program) !== undefined) {
    broken.push({
      path: ['tor', 'external'],
      allowed: 'external alone: bridges, proxies and additions are that tor’s own',
    })
  }
  for (const [id, product] of Object.entries(updates.products ?? {})) {
    broken.push(...findInProduct(['updates', 'products', id], product))
  }
  return [...broken, ...findInClock(clock), ...findInServices(configuration)]
}

/** What waits for a service that does not run would wait for ever. */
function findInServices({ services, apps = {}, dns }: Configuration): readonly BrokenLaw[] {
  const run = completeServices(services)
  const hasClock = run.includes('clock')
  const held = Object.entries(apps).filter(([, { hold }]) => hold === 'clock' && !hasClock)
  const broken = held.map(([id]) => ({ path: ['apps', id, 'hold'], allowed: 'none, or clock with clock in services' }))
  if (run.includes('updates') && !hasClock) {
    broken.push({ path: ['services'], allowed: 'updates with clock, without which they believe no answer' })
  }
  if (dns !== undefined && !run.includes('dns')) {
    broken.push({ path: ['dns', 'desktop'], allowed: 'an app, with dns in services' })
  }
  return broken
}

/** A vote is an operator's: one that stood in two pools would have two, and fewer than are needed can never agree. */
function findInClock({ pools, leastOperators }: ClockSettings): readonly BrokenLaw[] {
  if (pools === undefined) return []
  const poolOf = new Map<string, string>()
  const broken: BrokenLaw[] = []
  for (const [pool, sources] of Object.entries(pools)) {
    for (const [at, { operator, url }] of sources.entries()) {
      const path = ['clock', 'pools', pool, String(at)]
      if ((poolOf.get(operator) ?? pool) !== pool) {
        broken.push({ path: [...path, 'operator'], allowed: 'an operator that no other pool has' })
      }
      poolOf.set(operator, poolOf.get(operator) ?? pool)
      const host = URL.parse(url)?.hostname ?? ''
      if (!url.startsWith('https:') && !host.endsWith('.onion')) {
        broken.push({ path: [...path, 'url'], allowed: 'https, or http for an onion service' })
      }
    }
  }
  const least = completeClockSettings({ ...(leastOperators === undefined ? {} : { leastOperators }) }).leastOperators
  if (poolOf.size < least) broken.push({ path: ['clock', 'pools'], allowed: `${least} operators at least` })
  return broken
}

function findInApp(path: readonly string[], settings: AppSettings): BrokenLaw[] {
  const { ports = [], allow = [], deny = [], control, controlPort, dns = {} } = settings
  const isAlone = controlPort !== undefined && control === undefined
  const { resolver } = dns
  const isResolver = resolver === undefined || parseDnsResolver(resolver) !== undefined
  return [
    ...(isAlone ? [{ path: [...path, 'controlPort'], allowed: 'a controlPort beside a control profile' }] : []),
    ...(isResolver ? [] : [{ path: [...path, 'dns', 'resolver'], allowed: RESOLVER }]),
    ...ports.flatMap((range, at) =>
      isPortRange(range) ? [] : [{ path: [...path, 'ports', String(at)], allowed: PORTS }],
    ),
    ...findInHosts([...path, 'allow'], allow),
    ...findInHosts([...path, 'deny'], deny),
  ]
}

const RESOLVER = 'tls://HOST[:PORT][#NAME] or https://HOST/PATH, a host outside this machine and its network'
const PORTS = 'a port from 1 to 65535, or a range that begins with the lower one'
const HOSTS = 'a name, *.name, an address, or a range with a prefix that fits its family'

function isPortRange(range: number | string): boolean {
  const [first = 0, last = first] = String(range).split('-').map(Number)
  return first >= 1 && first <= last && last <= 65_535
}

function findInHosts(path: readonly string[], patterns: readonly string[]): BrokenLaw[] {
  return patterns.flatMap((pattern, at) =>
    isHostPattern(pattern) ? [] : [{ path: [...path, String(at)], allowed: HOSTS }],
  )
}

function isHostPattern(pattern: string): boolean {
  const [host = '', bits, ...more] = pattern.split('/')
  if (more.length > 0) return false
  const longest = isIPv4(host) ? 32 : isIPv6(host) ? 128 : undefined
  if (longest === undefined) return bits === undefined && !host.includes(':')
  return bits === undefined || Number(bits) <= longest
}
