import { type AnswerBody, lowerTtl, type Rcode } from '../wire/index.ts'

/** What is kept of an answer. */
export interface Answer {
  readonly rcode: Rcode
  readonly body: AnswerBody
}

/** An answer, the key that it is kept under, and for how long. */
export interface Kept extends Answer {
  readonly key: Uint8Array
  readonly hash: number
  /** Monotonic milliseconds. */
  readonly since: number
  /** Seconds. */
  readonly ttl: number
}

// One answer in memory: these fields, then its key, where the times to live stand in its body (2 bytes each), its body.
const LENGTH_AT = 0 // 4 bytes, of all of it
const HASH_AT = 4 // 4
const SINCE_AT = 8 // 8, IEEE 754
const TTL_AT = 16 // 4
const KEY_BYTES_AT = 20 // 2
const ANSWERS_AT = 22 // 2
const AUTHORITIES_AT = 24 // 2
const TTLS_AT = 26 // 2
const RCODE_AT = 28 // 1
const USED_AT = 29 // 1
const KEY_AT = 30

/** The bytes that an answer takes. */
export const packedBytes = (key: Uint8Array, { bytes, ttlsAt }: AnswerBody): number =>
  KEY_AT + key.length + 2 * ttlsAt.length + bytes.length

/**
 * Answers one behind the other in one piece of memory. A place is where one begins.
 *
 * An object for each would cost five times the memory, and the collector a look at each of a million.
 */
export class AnswerPack {
  readonly #memory: Buffer
  #end = 0

  constructor(bytes: number) {
    this.#memory = Buffer.allocUnsafeSlow(bytes)
  }

  /** What it takes of memory. */
  get bytes(): number {
    return this.#memory.length
  }

  /** What is free at its end. */
  get room(): number {
    return this.#memory.length - this.#end
  }

  /** All places, oldest first. */
  *places(): IterableIterator<number> {
    for (let place = 0; place < this.#end; place += this.lengthOf(place)) yield place
  }

  /** Put an answer at the end, where there must be room; give its place. */
  append({ key, hash, since, ttl, rcode, body }: Kept): number {
    const memory = this.#memory
    const place = this.#end
    this.#end += packedBytes(key, body)
    memory.writeUInt32LE(this.#end - place, place + LENGTH_AT)
    memory.writeUInt32LE(hash, place + HASH_AT)
    memory.writeDoubleLE(since, place + SINCE_AT)
    memory.writeUInt32LE(ttl, place + TTL_AT)
    memory.writeUInt16LE(key.length, place + KEY_BYTES_AT)
    memory.writeUInt16LE(body.answers, place + ANSWERS_AT)
    memory.writeUInt16LE(body.authorities, place + AUTHORITIES_AT)
    memory.writeUInt16LE(body.ttlsAt.length, place + TTLS_AT)
    memory[place + RCODE_AT] = rcode
    memory[place + USED_AT] = 0
    memory.set(key, place + KEY_AT)
    let at = place + KEY_AT + key.length
    for (const ttlAt of body.ttlsAt) at = memory.writeUInt16LE(ttlAt, at)
    memory.set(body.bytes, at)
    return place
  }

  /** Put what another pack has at `place` at the end, as unused; give its place here. */
  adopt(other: AnswerPack, place: number): number {
    const own = this.#end
    this.#end += other.#memory.copy(this.#memory, own, place, place + other.lengthOf(place))
    this.#memory[own + USED_AT] = 0
    return own
  }

  lengthOf(place: number): number {
    return this.#memory.readUInt32LE(place + LENGTH_AT)
  }

  hashOf(place: number): number {
    return this.#memory.readUInt32LE(place + HASH_AT)
  }

  /** The key, as text of one character a byte. */
  keyOf(place: number): string {
    const start = place + KEY_AT
    return this.#memory.toString('latin1', start, start + this.#keyBytesOf(place))
  }

  /** Report whether it is kept under the first `keyBytes` of `key`. */
  isUnder(place: number, key: Uint8Array, keyBytes: number, hash: number): boolean {
    if (this.hashOf(place) !== hash || this.#keyBytesOf(place) !== keyBytes) return false
    for (let at = 0; at < keyBytes; at++) if (this.#memory[place + KEY_AT + at] !== key[at]) return false
    return true
  }

  /** Report whether it may be given at `now`; what was dropped may not. */
  isFresh(place: number, now: number): boolean {
    return now < this.#sinceOf(place) + this.#ttlOf(place) * 1000
  }

  /** Drop it: it has no time to live from now on. */
  drop(place: number): void {
    this.#memory.writeUInt32LE(0, place + TTL_AT)
  }

  isDropped(place: number): boolean {
    return this.#ttlOf(place) === 0
  }

  /** Note that it was given, since it came here. */
  use(place: number): void {
    this.#memory[place + USED_AT] = 1
  }

  isUsed(place: number): boolean {
    return this.#memory[place + USED_AT] === 1
  }

  rcodeOf(place: number): Rcode {
    return (this.#memory[place + RCODE_AT] ?? 0) as Rcode
  }

  answersOf(place: number): number {
    return this.#memory.readUInt16LE(place + ANSWERS_AT)
  }

  authoritiesOf(place: number): number {
    return this.#memory.readUInt16LE(place + AUTHORITIES_AT)
  }

  bodyBytesOf(place: number): number {
    return place + this.lengthOf(place) - this.#bodyAt(place)
  }

  /** Copy the body into `message` at `start`, its times to live lowered by the age that it has at `now`. */
  copyBody(place: number, message: Buffer, start: number, now: number): void {
    const memory = this.#memory
    const bodyAt = this.#bodyAt(place)
    memory.copy(message, start, bodyAt, place + this.lengthOf(place))
    const ageSeconds = this.ageOf(place, now)
    for (let at = this.#ttlsAt(place); at < bodyAt; at += 2)
      lowerTtl(message, start + memory.readUInt16LE(at), ageSeconds)
  }

  /** The answer as a value of its own. */
  unpack(place: number): Answer {
    const memory = this.#memory
    const bodyAt = this.#bodyAt(place)
    const ttlsAt: number[] = []
    for (let at = this.#ttlsAt(place); at < bodyAt; at += 2) ttlsAt.push(memory.readUInt16LE(at))
    const bytes = Buffer.from(memory.subarray(bodyAt, place + this.lengthOf(place)))
    const [answers, authorities] = [this.answersOf(place), this.authoritiesOf(place)]
    return { rcode: this.rcodeOf(place), body: { bytes, answers, authorities, ttlsAt } }
  }

  /** How old it is at `now`, in whole seconds. */
  ageOf(place: number, now: number): number {
    return Math.floor((now - this.#sinceOf(place)) / 1000)
  }

  #sinceOf(place: number): number {
    return this.#memory.readDoubleLE(place + SINCE_AT)
  }

  #ttlOf(place: number): number {
    return this.#memory.readUInt32LE(place + TTL_AT)
  }

  #keyBytesOf(place: number): number {
    return this.#memory.readUInt16LE(place + KEY_BYTES_AT)
  }

  #ttlsAt(place: number): number {
    return place + KEY_AT + this.#keyBytesOf(place)
  }

  #bodyAt(place: number): number {
    return this.#ttlsAt(place) + 2 * this.#memory.readUInt16LE(place + TTLS_AT)
  }
}
