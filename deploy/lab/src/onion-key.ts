import { createHash, createPublicKey, type KeyObject } from 'node:crypto'

/** An onion service's key as ADD_ONION takes it, and the address that follows from it. */
export interface OnionKey {
  /** Base64 of the expanded secret key (control-spec 3.27, `ED25519-V3`). */
  readonly expandedSecret: string
  /** 56 characters of base32 and `.onion`. */
  readonly address: string
}

/** Derive what tor needs from an Ed25519 private key. */
export function deriveOnionKey(privateKey: KeyObject): OnionKey {
  const { d } = privateKey.export({ format: 'jwk' })
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' })
  if (d === undefined || x === undefined) throw new TypeError('not an Ed25519 private key')
  return {
    expandedSecret: expandSecret(Buffer.from(d, 'base64url')).toString('base64'),
    address: formatOnionAddress(Buffer.from(x, 'base64url')),
  }
}

/** Write the address of an onion service (rend-spec-v3 section 6, ONIONADDRESS). */
export function formatOnionAddress(publicKey: Uint8Array): string {
  const version = Uint8Array.of(3)
  const checksum = createHash('sha3-256').update('.onion checksum').update(publicKey).update(version).digest()
  return `${encodeBase32(Buffer.concat([publicKey, checksum.subarray(0, 2), version]))}.onion`
}

// RFC 8032 section 5.1.5, steps 1 and 2: tor keeps the hash of the seed, pruned, not the seed.
function expandSecret(seed: Uint8Array): Buffer {
  const hash = createHash('sha512').update(seed).digest()
  hash[0] = (hash[0] ?? 0) & 0xf8
  hash[31] = ((hash[31] ?? 0) & 0x7f) | 0x40
  return hash
}

// RFC 4648 section 6, in lower case. 35 bytes fill 56 characters, so padding never occurs.
function encodeBase32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, byte => byte.toString(2).padStart(8, '0')).join('')
  return bits.replaceAll(/.{5}/g, five => 'abcdefghijklmnopqrstuvwxyz234567'.charAt(Number.parseInt(five, 2)))
}
