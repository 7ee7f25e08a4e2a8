import { isIP } from 'node:net'
import { parseArgs } from 'node:util'
import { show } from '../confine/show.ts'
import { usage } from '../confine/usage.ts'
import { parsePlace, type Relay } from './relays.ts'
import type { OwnedPort } from './ruleset.ts'

/** What `cordon lockdown` was asked for. */
export interface LockdownRequest {
  readonly verb: 'on' | 'off' | 'status' | 'relays' | 'portal'
  readonly json: boolean
  readonly torUser: string
  /** Whether tor may connect to relays alone, and to these bridges. */
  readonly relaysOnly: boolean
  /** Where tor keeps its consensus, or undefined for where Debian's does. */
  readonly consensus: string | undefined
  readonly bridges: readonly Relay[]
  readonly allowLan: boolean
  readonly owned: readonly OwnedPort[]
  readonly portal: PortalWishes
}

/** What a login at a captive portal is to be. */
export interface PortalWishes {
  readonly minutes: number
  /** Whether the person has agreed already. */
  readonly agreed: boolean
  /** Who is to use the browser, by name or number; undefined for whoever called sudo. */
  readonly user: string | undefined
  /** The network's own name server, or undefined for the one that the network named. */
  readonly resolver: string | undefined
  /** What is started; empty for a browser. */
  readonly command: readonly string[]
}

/** Longer than any login takes; what needs the network for longer is no login. Arbitrary. */
const PORTAL_MINUTES_MAX = 60

const OPTIONS = {
  json: { type: 'boolean' },
  'tor-user': { type: 'string', default: 'debian-tor' },
  'relays-only': { type: 'boolean' },
  consensus: { type: 'string' },
  bridge: { type: 'string', multiple: true },
  'allow-lan': { type: 'boolean' },
  owned: { type: 'string', multiple: true },
  minutes: { type: 'string', default: '5' },
  yes: { type: 'boolean' },
  user: { type: 'string' },
  resolver: { type: 'string' },
} as const

const VERBS = ['on', 'off', 'status', 'relays', 'portal'] as const
const HELP = 'See `cordon lockdown --help`.'

/** Read the arguments of `cordon lockdown`, or throw a Fault `SUP_USAGE`. */
export function parseLockdownRequest(args: readonly string[]): LockdownRequest {
  const { values, positionals } = parse(args)
  const [word = 'status', ...command] = positionals
  const verb = VERBS.find(one => one === word)
  if (verb === undefined || (verb !== 'portal' && command.length > 0))
    throw usage(`lockdown ${positionals.map(show).join(' ')}; allowed: ${VERBS.join(', ')}`, HELP)
  return {
    verb,
    json: values.json === true,
    torUser: values['tor-user'],
    relaysOnly: values['relays-only'] === true,
    consensus: values.consensus,
    bridges: (values.bridge ?? []).map(readBridge),
    allowLan: values['allow-lan'] === true,
    owned: (values.owned ?? []).map(readOwned),
    portal: {
      minutes: readMinutes(values.minutes),
      agreed: values.yes === true,
      user: values.user,
      resolver: values.resolver === undefined ? undefined : readResolver(values.resolver),
      command,
    },
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true })
  } catch (cause) {
    throw usage(cause instanceof Error ? cause.message : String(cause), HELP)
  }
}

function readBridge(text: string): Relay {
  const place = parsePlace(text)
  if (place !== undefined) return place
  throw usage(`--bridge: found ${show(text)}; allowed: an address and port such as 192.0.2.7:443`, HELP)
}

function readOwned(text: string): OwnedPort {
  const [, port = 0, uid] = /^([0-9]{1,5}):([0-9]{1,10})$/.exec(text) ?? []
  if (uid !== undefined && Number(port) >= 1 && Number(port) <= 65_535) return { port: Number(port), uid: Number(uid) }
  throw usage(`--owned: found ${show(text)}; allowed: a port and a user id such as 9050:1000`, HELP)
}

function readMinutes(text: string): number {
  const minutes = /^[0-9]{1,2}$/.test(text) ? Number(text) : 0
  if (minutes >= 1 && minutes <= PORTAL_MINUTES_MAX) return minutes
  throw usage(`--minutes: found ${show(text)}; allowed: 1 to ${PORTAL_MINUTES_MAX}`, HELP)
}

function readResolver(text: string): string {
  if (isIP(text) !== 0) return text
  throw usage(`--resolver: found ${show(text)}; allowed: an address such as 192.0.2.1`, HELP)
}
