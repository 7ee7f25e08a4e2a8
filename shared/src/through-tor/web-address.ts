import { Fault } from '../errors/index.ts'
import { formatTarget, parseTarget, type Target } from '../socks/index.ts'

/** Where a request goes, read once and completely. */
export interface WebAddress {
  readonly scheme: 'http' | 'https'
  readonly target: Target
  readonly port: number
  /** Path and query as they go into the request line. */
  readonly path: string
}

const DEFAULT_PORT = { http: 80, https: 443 } as const

/**
 * Read an absolute HTTP address, or throw a Fault `VIA_ADDRESS_INVALID`.
 *
 * Clear HTTP is for onion services, whose address is their key; elsewhere the exit could answer in the site's place.
 * `allowClear` is for callers that verify what comes by a signature. Credentials and fragments are refused.
 */
export function parseWebAddress(text: string, { allowClear = false } = {}): WebAddress {
  const url = URL.parse(text)
  if (url === null) throw invalid('it is no absolute address')
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw invalid('it is neither http nor https')
  if (url.username !== '' || url.password !== '') throw invalid('it holds credentials')
  if (url.hash !== '') throw invalid('it holds a fragment')
  const scheme = url.protocol === 'http:' ? 'http' : 'https'
  const target = parseTarget(url.hostname.replaceAll(/^\[|\]$/g, ''))
  const isOnion = target.type === 'name' && target.name.endsWith('.onion')
  if (scheme === 'http' && !isOnion && !allowClear) throw invalid('outside onion services it must be https')
  const port = url.port === '' ? DEFAULT_PORT[scheme] : Number(url.port)
  return { scheme, target, port, path: `${url.pathname}${url.search}` }
}

/** Write host and port as the Host field has them: without the scheme's own port (RFC 9110 section 7.2). */
export function formatAuthority({ scheme, target, port }: WebAddress): string {
  return port === DEFAULT_PORT[scheme] ? formatTarget(target) : `${formatTarget(target)}:${port}`
}

const invalid = (why: string): Fault =>
  new Fault('VIA_ADDRESS_INVALID', `the address cannot be asked: ${why}`, {
    where: 'local',
    retry: 'never',
    next: 'Write https://HOST/PATH, or http:// for an onion service.',
  })
