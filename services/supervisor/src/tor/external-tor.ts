import { acceptTorVersion } from './requirements.ts'

/** What an external tor says of its configuration (GETCONF, GETINFO). */
export interface ExternalTorFacts {
  readonly version: string
  readonly socksPorts: readonly string[]
  readonly settings: ReadonlyMap<string, string | undefined>
}

/** The settings to ask an external tor for, with the value each must have. */
export const EXTERNAL_SETTINGS: ReadonlyMap<string, string> = new Map([
  ['SafeLogging', '1'],
  ['ClientRejectInternalAddresses', '1'],
  ['ClientDNSRejectInternalAddresses', '1'],
])

/** List what an external tor lacks, each as a sentence with the torrc line that mends it. Empty: nothing. */
export function listShortcomings(
  facts: ExternalTorFacts,
  sockets: { socks: string; short?: string; ipv6?: string },
): readonly string[] {
  acceptTorVersion(`Tor version ${facts.version}`)
  const wanted = [{ path: sockets.socks, flags: ['KeepAliveIsolateSOCKSAuth', 'ExtendedErrors'] }]
  if (sockets.short !== undefined) wanted.push({ path: sockets.short, flags: ['ExtendedErrors'] })
  if (sockets.ipv6 !== undefined) wanted.push({ path: sockets.ipv6, flags: ['ExtendedErrors', 'PreferIPv6'] })
  return [
    ...wanted.flatMap(({ path, flags }) => missingOfSocksPort(facts.socksPorts, path, flags)),
    ...[...EXTERNAL_SETTINGS]
      .filter(([name, value]) => !isSetTo(facts.settings.get(name), value))
      .map(([name, value]) => `${name} must be ${value}`),
  ]
}

/** SafeLogging also takes words; "relay" scrubs nothing for a client. */
const isSetTo = (found: string | undefined, wanted: string): boolean => found === wanted

function missingOfSocksPort(lines: readonly string[], path: string, flags: readonly string[]): readonly string[] {
  const line = lines.find(candidate => addressOf(candidate) === path)
  if (line === undefined) return [`no SocksPort unix:${path}`]
  const words = line
    .slice(line.indexOf(path) + path.length)
    .toLowerCase()
    .split(/[\s"]+/)
  const missing = flags.filter(flag => !words.includes(flag.toLowerCase()))
  return [
    ...(words.includes('noisolatesocksauth') ? [`SocksPort unix:${path} has NoIsolateSOCKSAuth`] : []),
    ...(missing.length === 0 ? [] : [`SocksPort unix:${path} lacks ${missing.join(' ')}`]),
  ]
}

const addressOf = (line: string): string | undefined =>
  /^unix:"([^"]*)"/.exec(line)?.[1] ?? /^unix:(\S+)/.exec(line)?.[1]
