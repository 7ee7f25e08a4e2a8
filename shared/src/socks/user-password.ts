import { type Decoded, decoded, incomplete, internal, malformed } from '../errors/index.ts'

/** Version of the sub-negotiation (RFC 1929 section 2). */
const VERSION = 1

/** Longest user name or password: each length is one octet. */
const MAX_BYTES = 255

/** What RFC 1929 carries. Either may be empty: RFC 1929 asks for one byte, but curl and tor know empty ones. */
export interface UserPassword {
  readonly user: Uint8Array
  readonly password: Uint8Array
}

/** Encode the client's message (RFC 1929 section 2). A part of over 255 bytes is a bug of the caller. */
export function encodeUserPassword({ user, password }: UserPassword): Uint8Array {
  if (user.length > MAX_BYTES || password.length > MAX_BYTES) throw internal('a credential is over 255 bytes')
  return Buffer.concat([Buffer.of(VERSION, user.length), user, Buffer.of(password.length), password])
}

/** Decode the client's message (RFC 1929 section 2) from the front of `bytes`. The parts are copies. */
export function decodeUserPassword(bytes: Uint8Array): Decoded<UserPassword> {
  const [version, userLength] = bytes
  if (version === undefined) return incomplete(3)
  if (version !== VERSION) return malformed('version')
  if (userLength === undefined) return incomplete(2)
  const passwordAt = 2 + userLength
  const passwordLength = bytes[passwordAt]
  if (passwordLength === undefined) return incomplete(passwordAt + 1 - bytes.length)
  const end = passwordAt + 1 + passwordLength
  if (bytes.length < end) return incomplete(end - bytes.length)
  const user = new Uint8Array(bytes.subarray(2, passwordAt))
  return decoded({ user, password: new Uint8Array(bytes.subarray(passwordAt + 1, end)) }, end)
}

/** Encode the server's answer (RFC 1929 section 2): zero is success, anything else is not. */
export const encodeUserPasswordAnswer = (accepted: boolean): Uint8Array => Buffer.of(VERSION, accepted ? 0 : 1)

/** Decode the server's answer (RFC 1929 section 2) from the front of `bytes`: whether it accepted. */
export function decodeUserPasswordAnswer(bytes: Uint8Array): Decoded<boolean> {
  const [version, status] = bytes
  if (version === undefined) return incomplete(2)
  if (version !== VERSION) return malformed('version')
  return status === undefined ? incomplete(1) : decoded(status === 0, 2)
}
