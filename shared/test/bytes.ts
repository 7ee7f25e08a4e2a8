import type { Decoded } from '@cordon/shared/errors'

/** Bytes from hexadecimal text, grouped by field as the vectors are. */
export const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'))

/** Bytes from text, one a character. */
export const latin1 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'))

/** Join byte strings. */
export const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts))

/** Cut `bytes` into chunks of `size` bytes; the last may be shorter. */
export function* chunksOf(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** What a test asserts with: the part of tap that this needs. */
interface Asserts {
  same(found: unknown, wanted: unknown, message: string): unknown
  match(found: unknown, wanted: object, message: string): unknown
  ok(found: unknown, message: string): unknown
}

/**
 * Assert what every decoder promises of a whole message: each strict prefix is incomplete and says no more than is
 * missing, what follows is left alone, and decoding again gives the same.
 */
export function assertDecodes<T>(t: Asserts, decode: (bytes: Uint8Array) => Decoded<T>, message: Uint8Array, value: T) {
  const wanted = { type: 'decoded', value, consumed: message.length }
  for (let cut = 0; cut < message.length; cut++) {
    const prefix = decode(message.subarray(0, cut))
    t.match(prefix, { type: 'incomplete' }, `cut at ${cut}`)
    const need = prefix.type === 'incomplete' ? prefix.need : 0
    t.ok(need >= 1 && need <= message.length - cut, `cut at ${cut} asks for ${need}`)
  }
  t.same(decode(message), wanted, 'whole')
  t.same(decode(join(message, latin1('\0left over'))), wanted, 'followed by more')
  t.same(decode(message), wanted, 'again')
}
