/** A rule about imports. The reason is printed when it is broken. */
export interface Fence {
  /** The import: a package or Node module and all below it. */
  readonly what: string
  /** Path patterns (`*` within a folder, `**` across) of the files that may have it. */
  readonly only: readonly string[]
  /** Names that any file may import all the same, because they touch nothing. */
  readonly except?: readonly string[]
  readonly why: string
}

const EDGES = ['**/edge/**', '**/main.ts', '**/test/**', 'deploy/dev/**', 'deploy/bench/**'] as const
const TOUCHES_THE_WORLD =
  'pure rooms stay testable without sockets, files and clocks: only edge/ and main.ts touch the world'

/** What may be imported where (DESIGN.md section 3). */
export const FENCES: readonly Fence[] = [
  { what: 'node:dns', only: [], why: 'resolving outside Tor leaks the name' },
  { what: 'socksv5', only: ['gateway/src/edge/**'], why: 'its server dials directly and shares credentials' },
  { what: 'fastify', only: ['**/edge/**'], why: 'HTTP is I/O' },
  { what: 'bullmq', only: ['shared/src/queue/edge/**'], why: 'one connection policy' },
  { what: 'ioredis', only: ['shared/src/queue/edge/**'], why: 'one connection policy' },
  { what: '@opentelemetry', only: ['shared/src/telemetry/edge/**'], why: 'attributes come from one allow-list' },
  { what: 'pino', only: ['shared/src/telemetry/edge/**'], why: 'one place decides what a log line may hold' },
  { what: 'typebox', only: ['shared/{src,test}/schema/**'], why: 'each file of it that is read delays every start' },
  { what: 'koffi', only: ['**/edge/**'], why: TOUCHES_THE_WORLD },
  { what: 'undici', only: [...EDGES], why: TOUCHES_THE_WORLD },
  { what: 'node:fs', only: [...EDGES], why: TOUCHES_THE_WORLD },
  { what: 'node:net', only: [...EDGES], except: ['isIP', 'isIPv4', 'isIPv6', 'BlockList'], why: TOUCHES_THE_WORLD },
  { what: 'node:tls', only: [...EDGES], why: TOUCHES_THE_WORLD },
  { what: 'node:dgram', only: [...EDGES], why: TOUCHES_THE_WORLD },
  { what: 'node:http', only: [...EDGES], why: TOUCHES_THE_WORLD },
  { what: 'node:https', only: [...EDGES], why: TOUCHES_THE_WORLD },
  { what: 'node:child_process', only: [...EDGES], why: TOUCHES_THE_WORLD },
  { what: 'node:process', only: [...EDGES], why: TOUCHES_THE_WORLD },
  { what: 'node:os', only: [...EDGES], except: ['constants'], why: TOUCHES_THE_WORLD },
  // A source of time that is late is one by waiting.
  { what: 'node:timers', only: [...EDGES, 'deploy/lab/src/sites/time.ts'], why: TOUCHES_THE_WORLD },
  { what: 'node:perf_hooks', only: [...EDGES], why: TOUCHES_THE_WORLD },
  {
    what: 'node:crypto',
    only: [...EDGES],
    except: ['createHash', 'createHmac', 'timingSafeEqual', 'X509Certificate', 'createPublicKey', 'verify'],
    why: 'randomness comes in as an argument; hashes and signatures are arithmetic',
  },
]

/** The rooms of shared, lowest first: each imports only those before it. */
export const SHARED_ROOMS = [
  'errors',
  'schema',
  'isolation',
  'socks',
  'names',
  'tor-control',
  'contracts',
  'runtime',
  'telemetry',
  'api',
  'through-tor',
  'queue',
  'part',
] as const

/** Programs that meet through contracts, sockets and the queue, and never import each other. */
export const PROGRAMS = ['gateway', 'services/*', 'deploy/lab'] as const
