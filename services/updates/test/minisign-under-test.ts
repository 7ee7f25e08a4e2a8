import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** A minisign key of one test. */
export interface MinisignUnderTest {
  readonly publicKey: string
  readonly id: string
  sign(content: Uint8Array | string, options: { readonly algorithm?: 'Ed' | 'ED'; readonly comment?: string }): string
}

/** Make a key and write signatures as minisign does (minisign, "Signature format"). */
export function makeMinisignKey(): MinisignUnderTest {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const id = randomBytes(8)
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  return {
    publicKey: Buffer.concat([Buffer.from('Ed'), id, raw]).toString('base64'),
    id: Buffer.from(id).reverse().toString('hex').toUpperCase(),
    sign: (content, { algorithm = 'ED', comment = 'timestamp:1700000000' }) => {
      const bytes = Buffer.from(content)
      const signed = algorithm === 'ED' ? createHash('blake2b512').update(bytes).digest() : bytes
      const signature = sign(null, signed, privateKey)
      const seal = sign(null, Buffer.concat([signature, Buffer.from(comment)]), privateKey)
      const packet = Buffer.concat([Buffer.from(algorithm), id, signature])
      return `untrusted comment: signature\n${packet.toString('base64')}\ntrusted comment: ${comment}\n${seal.toString('base64')}\n`
    },
  }
}
