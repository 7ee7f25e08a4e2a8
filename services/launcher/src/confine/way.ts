import type { NetConnectOpts } from 'node:net'
import { INNER } from './inner-network.ts'
import { isInLan } from './lan.ts'

/** What the gateway says of an app, as far as it decides what answers inside. */
export interface AppPorts {
  /** Null where there is no TCP port. */
  readonly port: number | null
  readonly socket: string
  /** The app's filtered control socket, and its TCP port where it has one. */
  readonly control: { readonly socket: string; readonly port: number | null } | null
}

/** What the connections of a namespace lead to. */
export interface Ways {
  /** The app's own port: every connection to somebody goes there. */
  readonly appSocket: string
  /** The app's own resolver. */
  readonly dnsSocket: string
  readonly allowLan: boolean
  /** What answers behind ports of the namespace's own addresses. */
  readonly doors: ReadonlyMap<number, NetConnectOpts>
}

/**
 * List what answers at the namespace's own ports: SOCKS and control where programs look for tor's, and where the gateway
 * says that they are. What a person exposes comes first.
 */
export function listDoors(app: AppPorts, exposedPorts: readonly number[]): ReadonlyMap<number, NetConnectOpts> {
  const to = (path: string, ports: readonly (number | null)[]): readonly (readonly [number, NetConnectOpts])[] =>
    ports.flatMap(port => (port === null ? [] : [[port, { path }]]))
  return new Map<number, NetConnectOpts>([
    ...(app.control === null ? [] : to(app.control.socket, [...INNER.controlPorts, app.control.port])),
    ...to(app.socket, [...INNER.socksPorts, app.port]),
    ...exposedPorts.map(port => [port, { host: '127.0.0.1', port }] as const),
  ])
}

/** What becomes of one connection. */
export type Way =
  /** It is asked for at the app's port, by the address that the program wanted. */
  | { readonly type: 'stream' }
  /** Its bytes are carried to one socket outside. */
  | { readonly type: 'relayed'; readonly to: NetConnectOpts }
  | { readonly type: 'refused' }

const { ipv4, ipv6, dnsPort } = INNER
const OWN: ReadonlySet<string> = new Set(['::1', ipv4.address, ipv6.address])

const isOwn = (address: string): boolean => address.startsWith('127.') || OWN.has(address)

/** Choose the way of a connection by the address that the program wanted. */
export function chooseWay(address: string, port: number, { dnsSocket, allowLan, doors }: Ways): Way {
  // Whatever server is asked, and framed alike at both ends (RFC 7766): bytes are carried and nothing is read.
  if (port === dnsPort) return { type: 'relayed', to: { path: dnsSocket } }
  if (isOwn(address)) {
    const to = doors.get(port)
    return to === undefined ? { type: 'refused' } : { type: 'relayed', to }
  }
  return allowLan && isInLan(address) ? { type: 'relayed', to: { host: address, port } } : { type: 'stream' }
}
