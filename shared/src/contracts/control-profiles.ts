/** Events of tor that a filtered control socket can carry, each limited to what is the app's own. */
export type SharedEvent = 'STREAM' | 'CIRC' | 'STATUS_CLIENT' | 'HS_DESC'

/** What one kind of program may do on its filtered control socket. What is not listed is refused. */
export interface ControlProfile {
  readonly title: string
  /** Keys of GETINFO; one that ends in `/` stands for all below it. */
  readonly info: readonly string[]
  /** Options of GETCONF with the answer that is given: tor is never asked. */
  readonly configuration: Readonly<Record<string, string>>
  readonly events: readonly SharedEvent[]
  /** Events that may be asked for and never come: they tell of all apps together. */
  readonly silentEvents: readonly string[]
  /** Onion services at a time, and the app's own ports that they may lead to. None for programs that make none. */
  readonly onions:
    | { readonly most: number; readonly ports: readonly (readonly [first: number, last: number])[] }
    | undefined
}

const STATE = ['version', 'status/bootstrap-phase', 'status/circuit-established', 'net/listeners/socks'] as const
const LOG_EVENTS = ['NOTICE', 'WARN', 'ERR'] as const
const ANY_PORT = [[1024, 65_535]] as const

/** The programs that are known. Nothing is granted to any other. */
export const CONTROL_PROFILES = {
  'tor-browser': {
    title: 'Tor Browser: circuit display and New Identity',
    info: [...STATE, 'circuit-status', 'stream-status', 'ns/id/', 'ip-to-country/'],
    configuration: { Bridge: '', UseBridges: '0', DisableNetwork: '0' },
    events: ['STREAM', 'CIRC', 'STATUS_CLIENT'],
    silentEvents: LOG_EVENTS,
    onions: undefined,
  },
  onionshare: {
    title: 'OnionShare: onion services to its own ports',
    info: [...STATE, 'onions/current'],
    configuration: {},
    events: ['STATUS_CLIENT', 'HS_DESC'],
    silentEvents: LOG_EVENTS,
    // The range that OnionShare takes its web server's port from.
    onions: { most: 16, ports: [[17_600, 17_650]] },
  },
  bitcoind: {
    title: 'Bitcoin Core: one onion service for its peers',
    info: STATE,
    configuration: {},
    events: [],
    silentEvents: [],
    onions: { most: 1, ports: ANY_PORT },
  },
  'ricochet-refresh': {
    title: 'Ricochet Refresh: onion services for its contacts',
    info: [...STATE, 'onions/current'],
    configuration: { DisableNetwork: '0' },
    events: ['STATUS_CLIENT', 'HS_DESC'],
    silentEvents: LOG_EVENTS,
    onions: { most: 4, ports: ANY_PORT },
  },
  wahay: {
    title: 'Wahay: one onion service for a call',
    info: [...STATE, 'onions/current'],
    configuration: {},
    events: ['STATUS_CLIENT', 'HS_DESC'],
    silentEvents: LOG_EVENTS,
    onions: { most: 4, ports: ANY_PORT },
  },
} as const satisfies Record<string, ControlProfile>

export type ControlProfileName = keyof typeof CONTROL_PROFILES

/** The names of the profiles, for schemas and help. */
export const CONTROL_PROFILE_NAMES = Object.keys(CONTROL_PROFILES) as ControlProfileName[]
