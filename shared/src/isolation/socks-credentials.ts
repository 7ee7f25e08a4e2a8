import { createHmac } from 'node:crypto'
import { encodeIsolationKey, type IsolationKey } from './isolation-key.ts'

declare const brand: unique symbol

/** The opaque name of an app towards tor, random at each start of the gateway, so that tor's events tell apps apart. */
export type AppTag = string & { readonly [brand]: 'AppTag' }

/** Bytes of randomness in a tag. 128 bits, so that tags of two starts on one tor do not meet. */
export const TAG_BYTES = 16

/** Bytes of the secret under which passwords are derived: the block of the HMAC's hash is 64, its output 32. */
export const SECRET_BYTES = 32

/** SOCKS5 user name and password (RFC 1929) that make tor keep a stream apart (IsolateSOCKSAuth). */
export interface SocksCredentials {
  readonly username: AppTag
  readonly password: string
}

/**
 * Make a tag from random bytes. Hexadecimal, so it never begins with `<torS0X>`, which tor reserves
 * (socks-extensions, extended authentication).
 */
export function formatAppTag(random: Uint8Array): AppTag {
  return Buffer.from(random).toString('hex') as AppTag
}

/**
 * Derive the credentials of one isolation key: the app's tag, and HMAC-SHA-256 over the encoded key.
 *
 * `secret` is random at each start and known to the gateway alone, so no app can compute the credentials of another,
 * and nothing survives a restart.
 */
export function deriveSocksCredentials(secret: Uint8Array, tag: AppTag, key: IsolationKey): SocksCredentials {
  const password = createHmac('sha256', secret).update(encodeIsolationKey(key)).digest('base64url')
  return { username: tag, password }
}
