import { parseArgs } from 'node:util'
import { show } from '../confine/show.ts'
import { usage } from '../confine/usage.ts'
import { parsePlace, type Relay } from './relays.ts'
import type { OwnedPort } from './ruleset.ts'

/** What `cordon lockdown` was asked for. */
export interface LockdownRequest {
  readonly verb: 'on' | 'off' | 'status' | 'relays'
  readonly json: boolean
  readonly torUser: string
  /** Whether tor may connect to relays alone, and to these bridges. */
  readonly relaysOnly: boolean
  readonly consensus: string
  readonly bridges: readonly Relay[]
  readonly allowLan: boolean
  readonly owned: readonly OwnedPort[]
}

const OPTIONS = {
  json: { type: 'boolean' },
  'tor-user': { type: 'string', default: 'debian-tor' },
  'relays-only': { type: 'boolean' },
  consensus: { type: 'string', default: '/var/lib/tor/cached-microdesc-consensus' },
  bridge: { type: 'string', multiple: true },
  'allow-lan': { type: 'boolean' },
  owned: { type: 'string', multiple: true },
} as const

const VERBS = ['on', 'off', 'status', 'relays'] as const
const HELP = 'See `cordon lockdown --help`.'

/** Read the arguments of `cordon lockdown`, or throw a Fault `SUP_USAGE`. */
export function parseLockdownRequest(args: readonly string[]): LockdownRequest {
  const { values, positionals } = parse(args)
  const [word = 'status', excess] = positionals
  const verb = VERBS.find(one => one === word)
  if (verb === undefined || excess !== undefined)
    throw usage(`lockdown ${show(word)}; allowed: ${VERBS.join(', ')}`, HELP)
  return {
    verb,
    json: values.json === true,
    torUser: values['tor-user'],
    relaysOnly: values['relays-only'] === true,
    consensus: values.consensus,
    bridges: (values.bridge ?? []).map(readBridge),
    allowLan: values['allow-lan'] === true,
    owned: (values.owned ?? []).map(readOwned),
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
