import { join } from 'node:path'
import type { AppId } from '../isolation/index.ts'

/**
 * Who may use the sockets of an instance: its user alone (directories 0700, sockets 0600), or in system mode, where each
 * part has a user of its own, the group that a socket's directory belongs to (2750 and 0660).
 */
export const ACCESSES = ['user', 'group'] as const
export type Access = (typeof ACCESSES)[number]

/** Where the parts find each other. Each part makes sockets only in directories of its own. */
export interface RuntimeLayout {
  readonly directory: string
  readonly access: Access
  /** All directories that the parts make sockets in. */
  readonly socketDirectories: readonly string[]
  readonly gatewayDirectory: string
  /** The gateway's admin API. */
  readonly gatewaySocket: string
  /** Where the gateway tells dns of apps, and dns asks for virtual addresses. */
  readonly dnsLinkSocket: string
  readonly dnsDirectory: string
  /** The API of dns. */
  readonly dnsSocket: string
  readonly supervisorDirectory: string
  /** The supervisor's own API, which works when the gateway is dead. */
  readonly supervisorSocket: string
  readonly clockDirectory: string
  /** The clock's API. */
  readonly clockSocket: string
  readonly updatesDirectory: string
  /** The API of the update checks. */
  readonly updatesSocket: string
  readonly torDirectory: string
  readonly torControlSocket: string
  readonly torControlCookie: string
  /** Tor's SocksPort that keeps a circuit while it is used. */
  readonly torSocksSocket: string
  /** Tor's SocksPort that prefers IPv6 when it looks names up. */
  readonly torSocksIpv6Socket: string
  /** Tor's SocksPort without KeepAliveIsolateSOCKSAuth, for apps with `circuits: short`. */
  readonly torSocksShortSocket: string
  readonly redisDirectory: string
  /** The embedded Redis. Where the configuration names one, this is not used. */
  readonly redisSocket: string
  readonly appsDirectory: string
  appSocket(app: AppId): string
  /** The filtered control socket of an app that has one. */
  appControlSocket(app: AppId): string
  /** How a confined app is reached from outside; the launcher offers it. */
  appInwardSocket(app: AppId): string
  /** Where a part that nobody is the parent of says how it is; see `openHealthSocket`. */
  healthSocket(part: string): string
  /** Sockets that tor is given as targets of apps' onion services. */
  readonly onionDirectory: string
  /** Where the names of one app are asked over AF_UNIX, framed as over TCP (RFC 7766). */
  appDnsSocket(app: AppId): string
}

/** Name the sockets below one runtime directory. */
export function layOutRuntime(directory: string, access: Access = 'user'): RuntimeLayout {
  const gatewayDirectory = join(directory, 'gateway')
  const supervisorDirectory = join(directory, 'supervisor')
  const dnsDirectory = join(directory, 'dns')
  const clockDirectory = join(directory, 'clock')
  const updatesDirectory = join(directory, 'updates')
  const torDirectory = join(directory, 'tor')
  const redisDirectory = join(directory, 'redis')
  const appsDirectory = join(directory, 'apps')
  const onionDirectory = join(directory, 'onion')
  return {
    directory,
    access,
    socketDirectories: [
      ...[gatewayDirectory, supervisorDirectory, dnsDirectory, clockDirectory, updatesDirectory],
      ...[torDirectory, redisDirectory, appsDirectory, onionDirectory],
    ],
    gatewayDirectory,
    gatewaySocket: join(gatewayDirectory, 'admin.sock'),
    dnsLinkSocket: join(gatewayDirectory, 'dns-link.sock'),
    dnsDirectory,
    dnsSocket: join(dnsDirectory, 'api.sock'),
    supervisorDirectory,
    supervisorSocket: join(supervisorDirectory, 'api.sock'),
    clockDirectory,
    clockSocket: join(clockDirectory, 'api.sock'),
    updatesDirectory,
    updatesSocket: join(updatesDirectory, 'api.sock'),
    torDirectory,
    torControlSocket: join(torDirectory, 'control.sock'),
    torControlCookie: join(torDirectory, 'control.cookie'),
    torSocksSocket: join(torDirectory, 'socks.sock'),
    torSocksIpv6Socket: join(torDirectory, 'ipv6.sock'),
    torSocksShortSocket: join(torDirectory, 'short.sock'),
    redisDirectory,
    redisSocket: join(redisDirectory, 'redis.sock'),
    appsDirectory,
    onionDirectory,
    healthSocket: part => join(directory, part, 'health.sock'),
    appControlSocket: app => join(appsDirectory, `${app}.control`),
    appInwardSocket: app => join(appsDirectory, `${app}.inward`),
    appSocket: app => join(appsDirectory, `${app}.sock`),
    appDnsSocket: app => join(dnsDirectory, `${app}.dns`),
  }
}
