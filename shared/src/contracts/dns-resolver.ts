import { judgeAddress, judgeName } from '../names/index.ts'
import { parseTarget, type Target } from '../socks/index.ts'

/** A resolver that the settings of an app name, reached through Tor alone. */
export interface DnsResolver {
  readonly protocol: 'tls' | 'https'
  readonly target: Target
  readonly port: number
  /** The name that its certificate must be for. */
  readonly authName: string
  /** The path of the request (RFC 8484); empty for TLS. */
  readonly path: string
}

const PORTS = { tls: 853, https: 443 } as const // RFC 7858 section 3.1, RFC 8484

// tls://HOST[:PORT][#NAME] or https://HOST[:PORT]/PATH; an IPv6 address in brackets.
const RESOLVER =
  /^(?<protocol>tls|https):\/\/(?<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:(?<port>[0-9]{1,5}))?(?<path>\/[!"$-~]*)?(#(?<name>[A-Za-z0-9._:-]+))?$/

/**
 * Parse the address of a resolver, or return undefined.
 *
 * A name or address of this machine or its network is none: what answers there is not reached through Tor.
 */
export function parseDnsResolver(text: string): DnsResolver | undefined {
  const { protocol, host = '', port, path = '', name } = RESOLVER.exec(text)?.groups ?? {}
  if (protocol !== 'tls' && protocol !== 'https') return undefined
  if ((protocol === 'https') !== (path !== '') || (protocol === 'https' && name !== undefined)) return undefined
  const target = parseTarget(host.replace(/^\[(.*)\]$/, '$1'))
  const hostText = target.type === 'name' ? target.name : target.address
  const refusal = target.type === 'name' ? judgeName(hostText, NO_NAMES) : judgeAddress(hostText)
  const number = Number(port ?? PORTS[protocol])
  if (refusal !== undefined || number < 1 || number > 65_535) return undefined
  return { protocol, target, port: number, authName: name ?? hostText, path }
}

/** The names of one machine are not the configuration's to know. */
const NO_NAMES: ReadonlySet<string> = new Set()
