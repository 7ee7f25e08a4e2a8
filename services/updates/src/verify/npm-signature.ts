import { createPublicKey, verify } from 'node:crypto'
import { refuse } from './fault.ts'

/** What a registry signs: name, version and integrity in one line (npm, "About registry signatures"). */
export interface SignedPackage {
  readonly name: string
  readonly version: string
  readonly integrity: string
}

/** Verify one of a package's signatures with the registry's public key (SPKI, Base64), or throw a Fault. */
export function verifyNpm(
  { name, version, integrity }: SignedPackage,
  signatures: readonly string[],
  spki: string,
): void {
  const key = readKey(spki)
  const signed = Buffer.from(`${name}@${version}:${integrity}`)
  const isGood = signatures.some(signature => verify('sha256', signed, key, Buffer.from(signature, 'base64')))
  if (!isGood) throw refuse('UPD_SIGNATURE_BAD', 'no signature of the package holds with the key of the product')
}

function readKey(spki: string): ReturnType<typeof createPublicKey> {
  try {
    const key = createPublicKey({ key: Buffer.from(spki, 'base64'), format: 'der', type: 'spki' })
    if (key.asymmetricKeyType === 'ec') return key
  } catch (cause) {
    throw noKey(cause)
  }
  throw noKey()
}

/** Registries sign by ECDSA (npm, "About registry signatures"); another kind of key verifies nothing of theirs. */
const noKey = (cause?: unknown): Error =>
  refuse('UPD_KEY_MISSING', 'the key of the product is not the public key of a registry (ECDSA)', {
    next: 'Take the registry’s own: the field `key` of what it serves at /-/npm/v1/keys.',
    cause,
  })
