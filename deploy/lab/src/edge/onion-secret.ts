import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { writeFileAtomically } from '@cordon/shared/runtime/edge'
import { deriveOnionKey, type OnionKey } from '../onion-key.ts'
import { readIfThere } from './read-if-there.ts'

/** Read the onion service's key at `path` (PKCS #8, PEM), or make and keep one. The address stays with it. */
export async function ensureOnionKey(path: string): Promise<OnionKey> {
  const kept = await readIfThere(path)
  if (kept !== undefined) return deriveOnionKey(createPrivateKey(kept))
  const { privateKey } = generateKeyPairSync('ed25519')
  await writeFileAtomically(path, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  return deriveOnionKey(privateKey)
}
