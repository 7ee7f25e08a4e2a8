import { join } from 'node:path'
import type { AppId } from '../isolation/index.ts'

/** Where the parts find each other. Every directory is 0700 and every socket 0600. */
export interface RuntimeLayout {
  readonly directory: string
  /** The gateway's admin API. */
  readonly gatewaySocket: string
  /** Where the gateway tells dns of apps, and dns asks for virtual addresses. */
  readonly dnsLinkSocket: string
  /** The API of dns. */
  readonly dnsSocket: string
  /** The supervisor's own API, which works when the gateway is dead. */
  readonly supervisorSocket: string
  /** The clock's API. */
  readonly clockSocket: string
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
  /** Sockets that tor is given as targets of apps' onion services. */
  readonly onionDirectory: string
  /** Where the names of one app are asked over AF_UNIX, framed as over TCP (RFC 7766). */
  appDnsSocket(app: AppId): string
}

/** Name the sockets below one runtime directory. */
export function layOutRuntime(directory: string): RuntimeLayout {
  const torDirectory = join(directory, 'tor')
  const redisDirectory = join(directory, 'redis')
  const appsDirectory = join(directory, 'apps')
  return {
    directory,
    gatewaySocket: join(directory, 'gateway.sock'),
    dnsLinkSocket: join(directory, 'dns-link.sock'),
    dnsSocket: join(directory, 'dns.sock'),
    supervisorSocket: join(directory, 'supervisor.sock'),
    clockSocket: join(directory, 'clock.sock'),
    updatesSocket: join(directory, 'updates.sock'),
    torDirectory,
    torControlSocket: join(torDirectory, 'control.sock'),
    torControlCookie: join(torDirectory, 'control.cookie'),
    torSocksSocket: join(torDirectory, 'socks.sock'),
    torSocksIpv6Socket: join(torDirectory, 'ipv6.sock'),
    torSocksShortSocket: join(torDirectory, 'short.sock'),
    redisDirectory,
    redisSocket: join(redisDirectory, 'redis.sock'),
    appsDirectory,
    onionDirectory: join(directory, 'onion'),
    appControlSocket: app => join(appsDirectory, `${app}.control`),
    appInwardSocket: app => join(appsDirectory, `${app}.inward`),
    appSocket: app => join(appsDirectory, `${app}.sock`),
    appDnsSocket: app => join(appsDirectory, `${app}.dns`),
  }
}
