import { createHash, createPublicKey, verify } from 'node:crypto'
import { refuse } from './fault.ts'

/** What a minisign signature vouches for besides the file. */
export interface MinisignSigned {
  /** Id of the key, as minisign prints it. */
  readonly signer: string
  /** From the trusted comment, or null where it has none. */
  readonly signedAtMs: number | null
}

/** DER before the 32 bytes of an Ed25519 public key (RFC 8410 section 4). */
const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex')

/**
 * Verify a minisign signature (minisign, "Signature format"), legacy (`Ed`) and hashed (`ED`), with its trusted
 * comment, or throw a Fault `UPD_SIGNATURE_BAD`.
 */
export function verifyMinisign(content: Uint8Array, signature: Uint8Array, publicKey: string): MinisignSigned {
  const key = Buffer.from(publicKey, 'base64')
  if (key.length !== 42 || key.toString('latin1', 0, 2) !== 'Ed') {
    throw refuse('UPD_KEY_MISSING', 'the public key of the product is no key of minisign')
  }
  const lines = Buffer.from(signature).toString('utf8').replace(/\n$/, '').split(/\r?\n/)
  const [untrusted = '', body = '', trusted = '', global = ''] = lines
  const comment = /^trusted comment: (.*)$/.exec(trusted)?.[1]
  if (lines.length !== 4 || !untrusted.startsWith('untrusted comment:') || comment === undefined) throw bad('its form')
  const [packet, seal] = [Buffer.from(body, 'base64'), Buffer.from(global, 'base64')]
  if (packet.length !== 74 || seal.length !== 64) throw bad('its length')
  const algorithm = packet.toString('latin1', 0, 2)
  if (algorithm !== 'Ed' && algorithm !== 'ED') throw bad('its algorithm')
  if (!packet.subarray(2, 10).equals(key.subarray(2, 10))) throw bad('it is by another key')
  const signed = algorithm === 'ED' ? createHash('blake2b512').update(content).digest() : content
  const spki = createPublicKey({
    key: Buffer.concat([SPKI_ED25519, key.subarray(10)]),
    format: 'der',
    type: 'spki',
  })
  if (!verify(null, signed, spki, packet.subarray(10))) throw bad('the file is not what was signed')
  if (!verify(null, Buffer.concat([packet.subarray(10), Buffer.from(comment)]), spki, seal)) {
    throw bad('its trusted comment is not what was signed')
  }
  const seconds = /(?:^|\s)timestamp:([0-9]{1,12})(?:\s|$)/.exec(comment)?.[1]
  const signer = Buffer.from(key.subarray(2, 10)).reverse().toString('hex').toUpperCase()
  return { signer, signedAtMs: seconds === undefined ? null : Number(seconds) * 1000 }
}

const bad = (why: string): Error => refuse('UPD_SIGNATURE_BAD', `the signature does not hold: ${why}`)
