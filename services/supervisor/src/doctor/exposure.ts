import type { Finding } from './findings.ts'

/** A program, or where it may not be known a user, with connections that are not tor's. */
export interface Talker {
  readonly name: string
  readonly connections: number
}

/** What of this machine reaches the network without Tor, seen without asking anybody. No destination is in it. */
export interface Exposure {
  /** `unknown`: only root can see the rules. */
  readonly lockdown: 'on' | 'off' | 'damaged' | 'unknown'
  /** Why it is damaged. */
  readonly lockdownTrouble: string | null
  /** Whether the next start of the machine would lock it. */
  readonly lockdownKept: boolean
  /** Undefined where the kernel does not list sockets. */
  readonly talkers: readonly Talker[] | undefined
  /** Whether programs, or who answers them on this machine, ask name servers beyond it. */
  readonly asksServersOutside: boolean
  readonly hasIpv6Route: boolean
  /** Daemons that ask for the time by NTP. */
  readonly timeDaemons: readonly string[]
}

/** What is wrong, and what is as on any machine and worth knowing: it goes past Tor. */
export interface ExposureFindings {
  readonly findings: readonly Finding[]
  readonly notes: readonly Finding[]
}

const NOTHING: readonly Finding[] = []
const LOCK = 'lock the machine (`sudo cordon lockdown on`)'

/** Judge what goes past Tor: wrong where the machine is meant to be locked, else a note. */
export function judgeExposure(exposure: Exposure): ExposureFindings {
  const { lockdown, lockdownTrouble, lockdownKept, talkers = [] } = exposure
  const broken =
    lockdown === 'damaged'
      ? [
          finding(
            'LOCKDOWN_DAMAGED',
            `lockdown is damaged: ${lockdownTrouble}`,
            'Find out who did it; `sudo cordon lockdown on`.',
          ),
        ]
      : lockdown === 'off' && lockdownKept
        ? [
            finding(
              'LOCKDOWN_NOT_IN_FORCE',
              'this machine is meant to be locked, and its rules are not there',
              '`sudo cordon lockdown on`; then see who removes them: another firewall that flushes all rules?',
            ),
          ]
        : NOTHING
  const holes = explainHoles(exposure)
  // The rules cut everything that is not tor's: what is open all the same is a way past them.
  if (lockdown === 'on') {
    const [hole] = talkers.length > 0 ? holes : NOTHING
    return { findings: hole === undefined ? broken : [...broken, hole], notes: NOTHING }
  }
  return {
    findings: broken,
    notes: holes.length === 0 ? NOTHING : [...(broken.length === 0 ? explainLock(lockdown) : []), ...holes],
  }
}

/** What is open is as open as the lock lets it be. */
function explainLock(lockdown: Exposure['lockdown']): readonly Finding[] {
  if (lockdown === 'unknown')
    return [finding('LOCKDOWN_UNKNOWN', 'only root can see whether this machine is locked', 'Run: sudo cordon doctor')]
  return lockdown === 'off'
    ? [
        finding(
          'LOCKDOWN_OFF',
          'this machine is not locked: programs reach the network as they like',
          `To change that, ${LOCK}.`,
        ),
      ]
    : NOTHING
}

function explainHoles({ talkers, asksServersOutside, hasIpv6Route, timeDaemons }: Exposure): readonly Finding[] {
  const names = talkers?.map(({ name, connections }) => `${name} (${connections})`).join(', ')
  return [
    ...(talkers === undefined
      ? [
          finding(
            'TALKERS_UNKNOWN',
            'the kernel does not say who has connections',
            'Load its module: sudo modprobe tcp_diag udp_diag.',
          ),
        ]
      : []),
    ...(names === undefined || names === ''
      ? []
      : [
          finding(
            'TALKS_PAST_TOR',
            `with connections that are not tor’s: ${names}`,
            `Start them with \`cordon run\`, or ${LOCK}.`,
          ),
        ]),
    ...(asksServersOutside
      ? [
          finding(
            'NAMES_PAST_TOR',
            'programs that are not confined ask name servers of the network, in the clear',
            `See \`cordon dns APP --setup resolved\`, or ${LOCK}.`,
          ),
        ]
      : []),
    ...timeDaemons.map(name =>
      finding(
        'TIME_PAST_TOR',
        `${name} asks for the time by NTP, in the clear, from anybody who answers`,
        'Turn it off; Cordon keeps the clock (`cordon clock`).',
      ),
    ),
    ...(hasIpv6Route
      ? [
          finding(
            'IPV6_OPEN',
            'this machine has a way out by IPv6, with an address that is its own',
            `To close it too, ${LOCK}.`,
          ),
        ]
      : []),
  ]
}

const finding = (code: string, cause: string, next: string): Finding => ({ code, cause, next })

/** Users that distributions and Cordon run tor as. */
const TOR_USERS: ReadonlySet<string> = new Set(['debian-tor', 'cordon-tor', 'tor', '_tor', 'toranon'])
/** tor and what it starts to reach bridges, as the kernel names processes. */
const TOR_PROGRAMS: ReadonlySet<string> = new Set(['tor', 'obfs4proxy', 'lyrebird', 'snowflake-clien'])

/** Who has one connection, as far as this user may know. */
export interface Owner {
  readonly program: string | undefined
  readonly user: string
}

/** Count the connections of everybody but tor, most first. A program that calls itself tor is taken for it. */
export function countTalkers(owners: readonly Owner[]): readonly Talker[] {
  const counts = new Map<string, number>()
  for (const { program, user } of owners) {
    if (TOR_USERS.has(user) || TOR_PROGRAMS.has(program ?? '')) continue
    const name = program ?? `somebody of ${user}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts]
    .map(([name, connections]) => ({ name, connections }))
    .toSorted((one, other) => other.connections - one.connections || one.name.localeCompare(other.name))
}

/** Daemons that ask for the time themselves, as the kernel names their processes; chrony does if it has servers. */
const TIME_DAEMONS: Readonly<Record<string, string>> = {
  'systemd-timesyn': 'systemd-timesyncd',
  ntpd: 'ntpd',
  'ntp-daemon': 'ntpd-rs',
  openntpd: 'OpenNTPD',
}
const NTP_PORT = 123

/** Name who asks for the time: daemons that run, and whoever has a connection to the port of NTP. */
export const findTimeDaemons = (
  processes: readonly string[],
  connections: readonly { readonly owner: Owner; readonly port: number }[],
): readonly string[] => [
  ...new Set([
    ...processes.flatMap(name => TIME_DAEMONS[name] ?? []),
    ...connections.flatMap(({ owner: { program, user }, port }) =>
      port === NTP_PORT ? [TIME_DAEMONS[program ?? ''] ?? program ?? `somebody of ${user}`] : [],
    ),
  ]),
]

/** Report whether /proc/net/ipv6_route has a way to everybody by a device that is not loopback. */
export const readsIpv6Default = (routes: string): boolean =>
  routes.split('\n').some(line => {
    const fields = line.trim().split(/\s+/)
    const [network = '', length] = fields
    const flags = Number.parseInt(fields[8] ?? '0', 16)
    return /^0{32}$/.test(network) && length === '00' && fields[9] !== 'lo' && (flags & RTF_REJECT) === 0
  })

/** linux/route.h: an unreachable route. */
const RTF_REJECT = 0x200
