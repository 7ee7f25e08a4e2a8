import Type, { type Static } from 'typebox'
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

/** What the gateway says of itself and its tor. */
export const GATEWAY_STATUS = Type.Object({
  state: Type.Enum(['starting', 'ready', 'degraded']),
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

export const RENEWED = Type.Object({ id: Text, nymEpoch: Count, circuitsClosed: Count, streamsClosed: Count })
export type Renewed = Static<typeof RENEWED>

/** The body of every answer that is not a success. */
export const PROBLEM = Type.Object({
  code: Text,
  message: Text,
  next: Type.Union([Text, Type.Null()]),
})
export type Problem = Static<typeof PROBLEM>
