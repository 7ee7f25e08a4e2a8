import { type Decoded, decoded, incomplete, internal, malformed } from '../errors/index.ts'
import { MAX_NAME_BYTES } from './address.ts'
import { parseDottedQuad } from './ip-text.ts'
import { COMMAND_CODES } from './request.ts'
import { type Endpoint, parseTarget, type Target } from './target.ts'
import { SOCKS4 } from './version.ts'

/** A SOCKS4 or SOCKS4a request. Any command is decoded, so that the gateway can answer those it does not carry. */
export interface Socks4Request extends Endpoint {
  /** RESOLVE_PTR exists in SOCKS5 only (socks-extensions); here it is a number like any other unknown command. */
  readonly command: 'connect' | 'resolve' | 'bind' | number
  readonly user: Uint8Array
}

/** Whether a SOCKS4 request was carried out. */
export type Socks4Result = 'granted' | 'rejected'

/** The octet CD of a reply: 90 granted, 91 rejected or failed. 92 and 93 speak of identd, which Cordon never asks. */
const RESULT_CODES = { granted: 90, rejected: 91 } as const satisfies Record<Socks4Result, number>

/** Longest user id. SOCKS4 sets no limit; this is the one of SOCKS5 (RFC 1929). */
const MAX_USER_BYTES = 255

const BIND = 0x02

/** Bytes before the user id: VN, CD, DSTPORT, DSTIP. */
const HEAD_BYTES = 8

/**
 * Decode a SOCKS4 or SOCKS4a request from the front of `bytes`.
 *
 * The address 0.0.0.x with x not zero says that a name follows the user id (SOCKS4a). Any other address is taken as it
 * stands, 0.0.0.0 too; whether addresses are welcome is the policy's matter.
 */
export function decodeSocks4Request(bytes: Uint8Array): Decoded<Socks4Request> {
  const [version, command = 0, portHigh = 0, portLow = 0, a = 0, b = 0, c = 0, d = 0] = bytes
  if (version !== undefined && version !== SOCKS4) return malformed('version')
  if (bytes.length < HEAD_BYTES) return incomplete(HEAD_BYTES + 1 - bytes.length)
  const user = decodeTerminated(bytes, HEAD_BYTES, MAX_USER_BYTES, 'user id')
  const named = a === 0 && b === 0 && c === 0 && d !== 0
  // A 4a request still lacks a name of at least one byte and its end.
  if (user.type === 'incomplete') return named ? incomplete(user.need + 2) : user
  if (user.type === 'malformed') return user
  const head = { command: readCommand(command), port: (portHigh << 8) | portLow, user: user.value }
  if (!named) return decoded({ ...head, target: { type: 'ipv4', address: `${a}.${b}.${c}.${d}` } }, user.consumed)
  const name = decodeTerminated(bytes, user.consumed, MAX_NAME_BYTES, 'name')
  if (name.type === 'incomplete') return bytes.length === user.consumed ? incomplete(2) : name
  if (name.type === 'malformed') return name
  if (name.value.length === 0) return malformed('empty name')
  return decoded({ ...head, target: parseTarget(Buffer.from(name.value).toString('latin1')) }, name.consumed)
}

/** Decode bytes up to a NUL. `consumed` counts from the front of `bytes`, the NUL included. */
function decodeTerminated(bytes: Uint8Array, start: number, limit: number, field: string): Decoded<Uint8Array> {
  const end = bytes.subarray(start, start + limit + 1).indexOf(0)
  if (end >= 0) return decoded(new Uint8Array(bytes.subarray(start, start + end)), start + end + 1)
  return bytes.length - start > limit ? malformed(`${field} over ${limit} bytes`) : incomplete(1)
}

function readCommand(code: number): Socks4Request['command'] {
  switch (code) {
    case COMMAND_CODES.connect:
      return 'connect'
    case COMMAND_CODES.resolve:
      return 'resolve'
    case BIND:
      return 'bind'
    default:
      return code
  }
}

/**
 * Encode a SOCKS4 reply: VN 0, CD, port and address.
 *
 * A granted RESOLVE carries the address it found, as tor does; a CONNECT needs none. SOCKS4 has room for IPv4 only.
 */
export function encodeSocks4Reply(result: Socks4Result, resolved?: Target & { readonly type: 'ipv4' }): Uint8Array {
  const octets = parseDottedQuad(resolved?.address ?? '0.0.0.0')
  if (octets === undefined) throw internal('an IPv4 target is no IPv4 address')
  return Buffer.from([0, RESULT_CODES[result], 0, 0, ...octets])
}
