import { type Static, Type } from '../schema/index.ts'
import { CLOCK_REPORT } from './clock.ts'

const Count = Type.Integer({ minimum: 0 })
const Text = Type.String()

/** The gateway's view of one app, as `GET /v1/apps` lists it. */
export const APP_STATUS = Type.Object({
  id: Text,
  /** Whether it is one of Cordon's own apps. */
  own: Type.Boolean(),
  /** Null where there is no TCP port: Cordon's own apps. */
  port: Type.Union([Type.Integer(), Type.Null()]),
  dnsPort: Type.Union([Type.Integer(), Type.Null()]),
  /** Why nothing answers at the DNS port, or null. */
  dnsTrouble: Type.Union([Text, Type.Null()]),
  socket: Text,
  /** The app's filtered control socket, or null. */
  control: Type.Union([
    Type.Object({ profile: Text, socket: Text, port: Type.Union([Type.Integer(), Type.Null()]) }),
    Type.Null(),
  ]),
  isolate: Text,
  circuitLife: Text,
  declaredIn: Type.Enum(['configuration', 'registry', 'cordon']),
  nymEpoch: Count,
  streams: Count,
  circuits: Count,
  bytesRead: Count,
  bytesWritten: Count,
  /** What must be known before the port lets anything pass, or null. */
  waitsFor: Type.Union([Type.Literal('clock'), Type.Null()]),
  /** Why the app's port does not listen, or null. */
  trouble: Type.Union([Text, Type.Null()]),
})
export type AppStatus = Static<typeof APP_STATUS>

export const HOP = Type.Object({ fingerprint: Text, nickname: Text, country: Text })
export type Hop = Static<typeof HOP>

export const CIRCUIT_VIEW = Type.Object({
  id: Text,
  /** The conflux set, or the circuit itself: what counts as one circuit for isolation. */
  group: Text,
  state: Text,
  hops: Type.Array(HOP),
  streams: Count,
  /** Seconds since tor launched it, by the wall clock; null if tor did not say. */
  ageSeconds: Type.Union([Count, Type.Null()]),
  /** Cells with their overhead, since the gateway sees it. */
  bytesRead: Count,
  bytesWritten: Count,
})
export type CircuitView = Static<typeof CIRCUIT_VIEW>

export const STREAM_VIEW = Type.Object({ id: Text, circuit: Type.Union([Text, Type.Null()]), state: Text })
export type StreamView = Static<typeof STREAM_VIEW>

/** What `cordon circuits --json` prints. */
export const CIRCUITS = Type.Object({
  apps: Type.Array(
    Type.Object({
      id: Text,
      /** Whether it is one of Cordon's own apps. */
      own: Type.Boolean(),
      nymEpoch: Count,
      circuits: Type.Array(CIRCUIT_VIEW),
      streams: Type.Array(STREAM_VIEW),
    }),
  ),
})
export type Circuits = Static<typeof CIRCUITS>

/** What `GET /v1/streams` tells: the streams of `cordon circuits` alone. */
export const STREAMS = Type.Object({
  apps: Type.Array(Type.Object({ id: Text, streams: Type.Array(STREAM_VIEW) })),
})

const GATEWAY_STATE = Type.Enum(['starting', 'ready', 'degraded'])

/** What `GET /v1/health` tells, at no cost. */
export const HEALTH = Type.Object({ state: GATEWAY_STATE })

/** What the gateway says of itself and its tor. */
export const GATEWAY_STATUS = Type.Object({
  state: GATEWAY_STATE,
  tor: Type.Object({
    /** Whether the gateway's own control connection is up and its event subscription complete. */
    control: Type.Enum(['connected', 'lost']),
    version: Type.Union([Text, Type.Null()]),
    progress: Type.Integer({ minimum: 0, maximum: 100 }),
    circuitEstablished: Type.Boolean(),
  }),
  apps: Type.Array(APP_STATUS),
  /** What the last look at circuits and at tor's configuration found; `unknown` until there was one. */
  audit: Type.Object({ verdict: Type.Enum(['held', 'breached', 'unknown']), drift: Type.Array(Text) }),
  /** What the gateway was last told of the clock; `untrusted` until then. */
  clock: CLOCK_REPORT,
  /** The mistake in the newest configuration file while an older one stays live, or null. */
  configurationTrouble: Type.Union([Text, Type.Null()]),
})
export type GatewayStatus = Static<typeof GATEWAY_STATUS>

const VERDICT = Type.Enum(['held', 'breached', 'unknown'])

/** A promise of isolation that was seen broken. It names no destination, no circuit and no relay. */
export const VIOLATION = Type.Object({
  /** gateway/src/audit/README.md says what each means. */
  kind: Type.Enum(['shared', 'too-short', 'unknown-guard', 'foreign-stream', 'reused-key', 'not-isolating']),
  /** Wall time, RFC 3339. */
  at: Text,
  apps: Type.Array(Text),
  /** How many circuits were closed for it. */
  circuits: Count,
})

/** What `cordon audit --json` prints. Counts are since the gateway started. */
export const AUDIT = Type.Object({
  verdict: VERDICT,
  /** When this verdict began, RFC 3339. For `held`: everything was seen from then on. */
  since: Text,
  /** Why it is unknown, in sentences; empty otherwise. */
  reasons: Type.Array(Text),
  /** Streams that the gateway asked tor for. */
  streamsOpened: Count,
  /** Streams of apps that tor told of. */
  streamsSeen: Count,
  /** Streams with the credentials of an app that the gateway did not ask for. */
  streamsUnmatched: Count,
  /** Streams that tor opened for the gateway and did not tell of. */
  streamsUntold: Count,
  circuitsSeen: Count,
  /** Circuits in use of which the past is not known. */
  circuitsOlder: Count,
  /** How often the view of tor was lost. */
  gaps: Count,
  /** The first hundred that stand. */
  violations: Type.Array(VIOLATION),
  /** The newest hundred that a person has acknowledged. */
  past: Type.Array(Type.Object({ ...VIOLATION.properties, acknowledgedAt: Text })),
  violationsPast: Count,
  violationsSeen: Count,
  drift: Type.Array(Text),
})
export type Audit = Static<typeof AUDIT>

/** What `GET /v1/events` tells, as server-sent events: the name of each is its type. */
export const GATEWAY_EVENT = Type.Union([
  Type.Object({ type: Type.Literal('audit'), verdict: VERDICT, since: Text, reasons: Type.Array(Text) }),
  Type.Object({ ...VIOLATION.properties, type: Type.Literal('violation') }),
  Type.Object({ type: Type.Literal('tor'), control: Type.Enum(['connected', 'lost']) }),
  Type.Object({ type: Type.Literal('renewed'), id: Text, nymEpoch: Count }),
  Type.Object({ type: Type.Literal('apps'), ids: Type.Array(Text) }),
])
export type GatewayEvent = Static<typeof GATEWAY_EVENT>

export const RENEWED = Type.Object({
  id: Text,
  nymEpoch: Count,
  circuitsClosed: Count,
  streamsClosed: Count,
  /** Whether dns has forgotten what the app heard before; false where it runs and does not say so. */
  namesForgotten: Type.Boolean(),
})
export type Renewed = Static<typeof RENEWED>

/** The body of every answer that is not a success. */
export const PROBLEM = Type.Object({
  code: Text,
  message: Text,
  next: Type.Union([Text, Type.Null()]),
})
export type Problem = Static<typeof PROBLEM>
