import type { Setting } from '@cordon/shared/tor-control'

/** What is asked of tor by GETCONF. An option that a tor does not know would make it refuse the whole question. */
export const AUDITED_OPTIONS = [
  'SocksPort',
  'SafeLogging',
  'ClientRejectInternalAddresses',
  'ClientDNSRejectInternalAddresses',
  'UseEntryGuards',
  '__LeaveStreamsUnattached',
  'AutomapHostsOnResolve',
  'HiddenServiceSingleHopMode',
  'HiddenServiceNonAnonymousMode',
] as const

/** The lists of listeners that are asked of tor by GETINFO, and the option that opens each. */
export const AUDITED_LISTENERS = {
  'net/listeners/socks': 'SocksPort',
  'net/listeners/dns': 'DNSPort',
  'net/listeners/trans': 'TransPort',
  'net/listeners/natd': 'NATDPort',
  'net/listeners/httptunnel': 'HTTPTunnelPort',
  'net/listeners/control': 'ControlPort',
} as const

/** What tor says of itself. */
export interface TorConfiguration {
  readonly settings: readonly Setting[]
  /** By the keys of {@link AUDITED_LISTENERS}. */
  readonly listeners: ReadonlyMap<string, readonly string[]>
}

/** What must stand there. */
export interface Expected {
  /** The AF_UNIX paths of the SocksPorts that the gateway dials. */
  readonly socks: readonly string[]
  /** The AF_UNIX path of the control socket. */
  readonly control: string
  /** Whether listeners beside them are somebody's right, as on a tor that somebody else runs. */
  readonly others: 'allowed' | 'foreign'
}

/** One thing that tor's configuration should not say. */
export interface Drift {
  /** A sentence that names no path. */
  readonly what: string
  /** Whether tor no longer keeps the apps apart: then nothing new may be sent to it. */
  readonly breaksIsolation: boolean
}

/** What an option must be, and tor's default for it (tor(1)). `own`: only on a tor that nobody else uses. */
const RULES: readonly { readonly option: string; readonly must: '0' | '1'; readonly default: string; own?: true }[] = [
  { option: 'SafeLogging', must: '1', default: '1' },
  { option: 'ClientRejectInternalAddresses', must: '1', default: '1' },
  { option: 'ClientDNSRejectInternalAddresses', must: '1', default: '1' },
  { option: 'UseEntryGuards', must: '1', default: '1' },
  // Somebody else would choose the circuits of streams (control-spec, ATTACHSTREAM).
  { option: '__LeaveStreamsUnattached', must: '0', default: '0' },
  // One table of mapped addresses for all apps would link them.
  { option: 'AutomapHostsOnResolve', must: '0', default: '0', own: true },
  { option: 'HiddenServiceSingleHopMode', must: '0', default: '0' },
  { option: 'HiddenServiceNonAnonymousMode', must: '0', default: '0' },
]

/** Say where tor's configuration no longer says what isolation needs. */
export function findDrift({ settings, listeners }: TorConfiguration, expected: Expected): readonly Drift[] {
  const drift: Drift[] = []
  const isForeign = expected.others === 'foreign'
  for (const { option, must, default: byDefault, own } of RULES) {
    // An option that tor names without a value has its default.
    const value = settings.find(({ key }) => key === option)?.value?.reveal() ?? byDefault
    if (value !== must && (own !== true || isForeign)) drift.push(claimOnly(`${option} is not ${must}`))
  }
  const ports = settings.filter(({ key }) => key === 'SocksPort').map(({ value }) => value?.reveal() ?? '')
  for (const path of expected.socks) {
    const port = ports.find(line => addressOf(line) === path)
    if (port === undefined) drift.push(claimOnly('a SocksPort of Cordon is gone'))
    else drift.push(...findInFlags(port.split(' ')))
  }
  if (isForeign) drift.push(...findForeign(ports, listeners, expected))
  return drift
}

const claimOnly = (what: string): Drift => ({ what, breaksIsolation: false })

function findInFlags(flags: readonly string[]): Drift[] {
  const drift: Drift[] = []
  const lower = flags.map(flag => flag.toLowerCase())
  // IsolateSOCKSAuth is tor's default, so only its opposite takes it away (tor(1), SocksPort).
  if (lower.includes('noisolatesocksauth'))
    drift.push({ what: 'a SocksPort does not isolate by credentials', breaksIsolation: true })
  // Credentials keep apps apart in one session group too, but who set it meant to join what we keep apart.
  if (lower.some(flag => flag.startsWith('sessiongroup='))) drift.push(claimOnly('a SocksPort shares a session group'))
  return drift
}

/** What is configured and what listens are asked apart: `__SocksPort` shows in one of the two alone. */
function findForeign(
  ports: readonly string[],
  listeners: TorConfiguration['listeners'],
  { socks, control }: Expected,
): Drift[] {
  const own: readonly string[] = [...socks, control]
  const found = new Set<string>()
  if (ports.some(line => line !== '' && !own.includes(addressOf(line)))) found.add('SocksPort')
  for (const [key, option] of Object.entries(AUDITED_LISTENERS)) {
    if ((listeners.get(key) ?? []).some(address => !own.includes(addressOf(address)))) found.add(option)
  }
  return [...found].map(option => claimOnly(`there is a foreign ${option}`))
}

/** The path of `unix:/PATH` or `unix:"/PATH"`; empty for another kind of address. */
function addressOf(line: string): string {
  const [, quoted, plain] = /^unix:(?:"([^"]*)"|(\S+))/.exec(line) ?? []
  return quoted ?? plain ?? ''
}
