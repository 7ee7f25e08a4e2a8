import { APP_ID_PATTERN } from '../isolation/index.ts'
import { type Static, Type } from '../schema/index.ts'

const closed = { additionalProperties: false } as const
const SERIAL = Type.Integer({ minimum: 0 })
const APP = Type.String({ pattern: APP_ID_PATTERN })
const EPOCH = Type.Integer({ minimum: 0 })
const NAME = Type.String({ minLength: 1, maxLength: 255 })
const ADDRESS = Type.String({ maxLength: 15 })

/** One app as dns needs to know it. */
export const DNS_APP = Type.Object(
  {
    id: APP,
    dnsPort: Type.Integer({ minimum: 1, maximum: 65535 }),
    nymEpoch: EPOCH,
    /** Whether the app may reach IPv6 addresses. */
    ipv6: Type.Boolean(),
    /** Whether names asked on the loopback port get virtual addresses; on the AF_UNIX socket they always do. */
    virtual: Type.Boolean(),
    resolver: Type.Union([Type.String({ maxLength: 512 }), Type.Null()]),
  },
  closed,
)
export type DnsApp = Static<typeof DNS_APP>

/**
 * What the gateway says to dns, one JSON value a line.
 *
 * `apps` is the whole list, sent at the beginning and at every change. It is acknowledged when nothing of what it
 * replaces can be answered any more: `renew` waits for that.
 */
export const TO_DNS = Type.Union([
  Type.Object({ type: Type.Literal('apps'), serial: SERIAL, apps: Type.Array(DNS_APP) }, closed),
  /** The answer to `give-virtual`; null where there is none to give. */
  Type.Object({ type: Type.Literal('virtual'), serial: SERIAL, address: Type.Union([ADDRESS, Type.Null()]) }, closed),
  /** The answer to `name-virtual`; null for an address that stands for nothing. */
  Type.Object({ type: Type.Literal('name'), serial: SERIAL, name: Type.Union([NAME, Type.Null()]) }, closed),
])
export type ToDns = Static<typeof TO_DNS>

/** What dns says to the gateway. A question about an epoch that is over is answered with null. */
export const FROM_DNS = Type.Union([
  Type.Object({ type: Type.Literal('acknowledged'), serial: SERIAL }, closed),
  Type.Object({ type: Type.Literal('give-virtual'), serial: SERIAL, app: APP, nymEpoch: EPOCH, name: NAME }, closed),
  Type.Object(
    { type: Type.Literal('name-virtual'), serial: SERIAL, app: APP, nymEpoch: EPOCH, address: ADDRESS },
    closed,
  ),
  /** Why the listeners of an app cannot be used, or null when they can. */
  Type.Object(
    { type: Type.Literal('trouble'), app: APP, trouble: Type.Union([Type.String({ maxLength: 512 }), Type.Null()]) },
    closed,
  ),
])
export type FromDns = Static<typeof FROM_DNS>

/** How long an answer of dns for a virtual address may be kept, in seconds: as long the gateway keeps the address. */
export const VIRTUAL_TTL_SECONDS = 60
