import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { fits } from '@cordon/shared/schema'
import { SHARED_ANSWER, type SharedAnswer } from '../verdict/index.ts'

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** Every note has this length, so that it tells nothing of what stands in it. An answer has some hundred bytes. */
const TEXT_BYTES = 4096

/**
 * Seal an answer for the machines of the fleet, under the word that it will stand under; undefined for one that is too
 * long to be shared.
 */
export function sealAnswer(secret: Uint8Array, word: string, answer: SharedAnswer): Uint8Array | undefined {
  const text = Buffer.from(JSON.stringify(answer))
  if (text.length > TEXT_BYTES) return undefined
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, keyOf(secret), nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(word))
  const padded = Buffer.concat([text, Buffer.alloc(TEXT_BYTES - text.length, ' ')])
  return Buffer.concat([nonce, cipher.update(padded), cipher.final(), cipher.getAuthTag()])
}

/** Open what stands under `word`; undefined for what no machine of the fleet has sealed for that word. */
export function openAnswer(secret: Uint8Array, word: string, note: Uint8Array): SharedAnswer | undefined {
  if (note.length !== NONCE_BYTES + TEXT_BYTES + TAG_BYTES) return undefined
  const [nonce, tag] = [note.subarray(0, NONCE_BYTES), note.subarray(-TAG_BYTES)]
  try {
    const decipher = createDecipheriv(CIPHER, keyOf(secret), nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(Buffer.from(word)).setAuthTag(tag)
    const text = Buffer.concat([decipher.update(note.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
    const answer: unknown = JSON.parse(text.toString('utf8'))
    return fits(SHARED_ANSWER, answer) ? answer : undefined
  } catch {
    return undefined // forged, of another fleet, or moved from another word
  }
}

/** One key for one purpose, out of the fleet's secret. */
const keyOf = (secret: Uint8Array): Buffer => createHmac('sha256', secret).update('updates.answer key').digest()
