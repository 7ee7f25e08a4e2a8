import { type Static, Type } from '../schema/index.ts'

const Count = Type.Integer({ minimum: 0 })

/** What dns says of one app: `GET /v1/apps/ID` of its API, and `cordon dns APP --json`. */
export const DNS_STATUS = Type.Object({
  id: Type.String(),
  dnsPort: Count,
  /** The AF_UNIX socket that speaks DNS over TCP framing and answers with virtual addresses. */
  socket: Type.String(),
  nymEpoch: Count,
  virtual: Type.Boolean(),
  resolver: Type.Union([Type.String(), Type.Null()]),
  /** Why the configured resolver could not be asked the last time, or null. */
  resolverTrouble: Type.Union([Type.String(), Type.Null()]),
  /** Why a listener cannot be used, or null. */
  trouble: Type.Union([Type.String(), Type.Null()]),
  /** How questions ended since dns started: from the cache, from a look-up, here, refused, failed, unreadable. */
  counts: Type.Object({
    cached: Count,
    lookedUp: Count,
    local: Count,
    refused: Count,
    failed: Count,
    malformed: Count,
    overLimit: Count,
  }),
  /** Answers that are kept, what they take of memory, and what they may take. */
  cache: Type.Object({ entries: Count, bytes: Count, mostBytes: Count }),
  /** Look-ups under way. */
  inFlight: Count,
  /** Names in the cache, from memory, and only where they were asked for. */
  names: Type.Optional(Type.Array(Type.String())),
})
export type DnsStatus = Static<typeof DNS_STATUS>
