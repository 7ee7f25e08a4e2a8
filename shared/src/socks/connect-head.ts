import { type Decoded, decoded, type Malformed, malformed } from '../errors/index.ts'
import { MAX_NAME_BYTES } from './address.ts'
import { decodeHttpHead, type HttpHead } from './http-head.ts'
import { parseIpv6Groups } from './ip-text.ts'
import { type Endpoint, parseTarget } from './target.ts'
import type { UserPassword } from './user-password.ts'

/**
 * Everything in a CONNECT request by which an app keeps its streams apart. Absent and empty are different.
 *
 * C tor takes Proxy-Authorization and X-Tor-Stream-Isolation into account, Arti also Tor-Stream-Isolation.
 */
export interface ConnectCredentials {
  readonly basic: UserPassword | undefined
  readonly streamIsolation: Uint8Array | undefined
  readonly legacyStreamIsolation: Uint8Array | undefined
}

/** What the head of an HTTP request asks for. */
export type ConnectHead =
  | ({
      readonly type: 'connect'
      readonly version: '1.0' | '1.1'
      readonly credentials: ConnectCredentials | undefined
    } & Endpoint)
  /** A request that is well-formed but no CONNECT: to be refused, not carried. */
  | { readonly type: 'other-method' }

// RFC 9112 section 3.2.3: authority-form = uri-host ":" port. Names hold the characters of host names, also the
// underscore; percent-encoding would be a second spelling of the same name.
const AUTHORITY = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):([0-9]{1,5})$/

// RFC 7617 section 2, RFC 4648 section 4: the scheme in any case, one or more spaces, padded base64.
const BASIC = /^basic +((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/i

/**
 * Decode an HTTP request towards an app port from the front of `bytes`: a CONNECT, or some other request.
 *
 * Refused beyond what {@link decodeHttpHead} refuses, because two readers could understand it differently:
 * - a second Host, Content-Length, Proxy-Authorization or isolation field: which of two credentials counts is a guess,
 *   and a joined value could be somebody else's single one;
 * - content: CONNECT has none (RFC 9110 section 9.3.6), and bytes after the head belong to the tunnel.
 *   `Content-Length: 0` is harmless, and some clients send it;
 * - credentials of a scheme other than Basic: they would not be counted, and streams would share that should not.
 *
 * Host is not compared with the authority, nor demanded: the authority alone says where to go, and clients omit Host.
 */
export function decodeConnectHead(bytes: Uint8Array): Decoded<ConnectHead> {
  const head = decodeHttpHead(bytes)
  if (head.type !== 'decoded') return head
  if (head.value.method !== 'CONNECT') return decoded({ type: 'other-method' }, head.consumed)
  const request = readConnect(head.value)
  return request.type === 'malformed' ? request : decoded(request, head.consumed)
}

function readConnect({ requestTarget, version, fields }: HttpHead): ConnectHead | Malformed {
  const endpoint = parseAuthority(requestTarget)
  if (endpoint === undefined) return malformed('authority')
  const once = new Map<string, string>()
  for (const [name, value] of fields) {
    if (!SINGLE_FIELDS.has(name)) continue
    if (once.has(name)) return malformed(`second ${name}`)
    once.set(name, value)
  }
  if (once.has('transfer-encoding')) return malformed('transfer-encoding')
  if ((once.get('content-length') ?? '0') !== '0') return malformed('content-length')
  const authorization = once.get('proxy-authorization')
  const basic = authorization === undefined ? undefined : parseBasic(authorization)
  if (basic === undefined && authorization !== undefined) return malformed('proxy-authorization')
  const streamIsolation = toBytes(once.get('tor-stream-isolation'))
  const legacyStreamIsolation = toBytes(once.get('x-tor-stream-isolation'))
  const credentials =
    basic === undefined && streamIsolation === undefined && legacyStreamIsolation === undefined
      ? undefined
      : { basic, streamIsolation, legacyStreamIsolation }
  return { type: 'connect', version, credentials, ...endpoint }
}

/** Fields that decide something, and so may stand once. */
const SINGLE_FIELDS: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'proxy-authorization',
  'tor-stream-isolation',
  'x-tor-stream-isolation',
])

function parseAuthority(text: string): Endpoint | undefined {
  const [, ipv6, name, digits] = AUTHORITY.exec(text) ?? []
  const host = ipv6 ?? name
  const port = Number(digits)
  if (host === undefined || host.length > MAX_NAME_BYTES) return undefined
  if (port < 1 || port > 0xffff) return undefined
  if (ipv6 !== undefined && parseIpv6Groups(ipv6) === undefined) return undefined
  return { target: parseTarget(host), port }
}

/** Read the value of Proxy-Authorization: the user ends at the first colon (RFC 7617 section 2). */
function parseBasic(value: string): UserPassword | undefined {
  const [, encoded] = BASIC.exec(value) ?? []
  if (encoded === undefined) return undefined
  const pair = Buffer.from(encoded, 'base64')
  // Base64 that leaves bits over has two spellings for the same bytes (RFC 4648 section 3.5).
  if (pair.toString('base64') !== encoded) return undefined
  const colon = pair.indexOf(0x3a)
  if (colon < 0) return undefined
  return { user: new Uint8Array(pair.subarray(0, colon)), password: new Uint8Array(pair.subarray(colon + 1)) }
}

const toBytes = (value: string | undefined): Uint8Array | undefined =>
  value === undefined ? undefined : Uint8Array.from(Buffer.from(value, 'latin1'))
