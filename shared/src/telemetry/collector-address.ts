import { isIPv4, isIPv6 } from 'node:net'
import { Fault } from '../errors/index.ts'

/** Where spans go, if anywhere. */
export type CollectorAddress =
  | { readonly type: 'local'; readonly socketPath: string; readonly path: string }
  | { readonly type: 'local'; readonly host: string; readonly port: number; readonly path: string }
  | {
      readonly type: 'remote'
      readonly host: string
      readonly port: number
      readonly path: string
      readonly tls: boolean
    }

/** The path that collectors take spans at (OTLP specification, "OTLP/HTTP Request"). */
const TRACES_PATH = '/v1/traces'

/**
 * Read the address of a collector: `unix:/PATH`, or an HTTP address.
 *
 * Local is an AF_UNIX socket, 127.0.0.0/8 and ::1; `localhost` is taken for 127.0.0.1 and never looked up. All else is
 * remote, must be HTTPS or an onion service, and its name stays a name: who dials it resolves it through Tor.
 */
export function parseCollectorAddress(text: string): CollectorAddress {
  if (text.startsWith('unix:/')) return { type: 'local', socketPath: text.slice('unix:'.length), path: TRACES_PATH }
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) throw invalid('it is neither unix:/PATH nor an HTTP address')
  if (url.username !== '' || url.password !== '') throw invalid('credentials do not belong into it')
  const tls = url.protocol === 'https:'
  const host = url.hostname === 'localhost' ? '127.0.0.1' : url.hostname.replaceAll(/^\[|\]$/g, '')
  const port = url.port === '' ? (tls ? 443 : 4318) : Number(url.port)
  const path = url.pathname === '/' ? TRACES_PATH : url.pathname
  const isLocal = (isIPv4(host) && host.startsWith('127.')) || (isIPv6(host) && host === '::1')
  if (isLocal && !tls) return { type: 'local', host, port, path }
  if (!tls && !host.endsWith('.onion')) throw invalid('beyond this machine spans need https or an onion service')
  return { type: 'remote', host, port, path, tls }
}

const invalid = (why: string): Fault =>
  new Fault('TEL_COLLECTOR_INVALID', `the collector's address cannot be used: ${why}`, {
    where: 'host',
    retry: 'never',
    next: 'Write unix:/PATH or http://127.0.0.1:PORT/v1/traces.',
  })
