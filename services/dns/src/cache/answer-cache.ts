import { type Answer, AnswerPack, packedBytes } from './answer-pack.ts'

/** One answer as it was found. */
export interface FoundAnswer extends Answer {
  readonly ageSeconds: number
}

export interface CacheOptions {
  /** What it may take of memory, all in all. */
  readonly mostBytes: number
  /** 32 random bits: who chooses names cannot choose their places. */
  readonly seed: number
}

/** Nothing was found. */
export const NOWHERE = -1

const FIRST_PACK_BYTES = 4096
const PLACE_BYTES = Uint32Array.BYTES_PER_ELEMENT
/** One place in so many is taken at most, so that a search ends soon. */
const SPARSENESS = 2
/** The part of the memory that is for places: enough of them where answers take 64 bytes, which few are below. */
const PLACES_SHARE = 1 / 8
/** Repacked with so much in it, there is room for some time. */
const KEPT_SHARE = 3 / 4
/** One answer that takes more than this part of the memory would push out too many others. */
const ANSWER_SHARE = 1 / 4

/**
 * The answers of one app in one nym epoch. A new epoch gets a new cache: nothing of an old one can be given.
 *
 * Nothing is fetched ahead: what is asked on an app's circuits, the app has asked for. When it is full, a quarter goes
 * at once: first what nobody asked for again, and of that the oldest.
 */
export class AnswerCache {
  readonly #seed: number
  #mostBytes: number
  #pack = new AnswerPack(0)
  /** By hash of the key, with linear probing: the place in the pack plus one, or 0 where nothing is. */
  #places = new Uint32Array(0)
  #taken = 0
  #size = 0

  constructor({ mostBytes, seed }: CacheOptions) {
    this.#mostBytes = mostBytes
    this.#seed = seed
  }

  /** How many answers are kept; some may have run out. */
  get size(): number {
    return this.#size
  }

  /** What it takes of memory. */
  get bytes(): number {
    return this.#pack.bytes + this.#places.byteLength
  }

  /** What it may take of memory. */
  get mostBytes(): number {
    return this.#mostBytes
  }

  /** Where what was found lies. Another one after something was kept. */
  get pack(): AnswerPack {
    return this.#pack
  }

  /** The keys of what is kept, oldest first, as text of one character a byte. They hold names. */
  *keys(): IterableIterator<string> {
    for (const place of this.#pack.places()) if (!this.#pack.isDropped(place)) yield this.#pack.keyOf(place)
  }

  /** Set what it may take of memory from now on. */
  limit(mostBytes: number, now: number): void {
    this.#mostBytes = mostBytes
    if (this.bytes > mostBytes) this.#repack(0, now)
  }

  /** Find what is kept under the first `keyBytes` of `key` and has not run out at `now`: a place in the pack, or NOWHERE. */
  find(key: Uint8Array, keyBytes: number, now: number): number {
    const place = this.#placeOf(this.#slotOf(key, keyBytes, this.#hash(key, keyBytes)))
    if (place === NOWHERE || this.#pack.isDropped(place)) return NOWHERE
    if (this.#pack.isFresh(place, now)) {
      this.#pack.use(place)
      return place
    }
    this.#drop(place)
    return NOWHERE
  }

  /** Find an answer and give it as a value of its own. */
  read(key: Uint8Array, now: number): FoundAnswer | undefined {
    const place = this.find(key, key.length, now)
    if (place === NOWHERE) return undefined
    return { ...this.#pack.unpack(place), ageSeconds: this.#pack.ageOf(place, now) }
  }

  /** Keep an answer for `ttl` seconds from `now`. Nothing is kept for no time, or that takes a quarter of the memory. */
  keep(key: Uint8Array, answer: Answer, ttl: number, now: number): void {
    const hash = this.#hash(key, key.length)
    const known = this.#placeOf(this.#slotOf(key, key.length, hash))
    if (known !== NOWHERE && !this.#pack.isDropped(known)) this.#drop(known)
    const bytes = packedBytes(key, answer.body)
    if (ttl <= 0 || bytes > this.#mostPackBytes * ANSWER_SHARE) return
    if (bytes > this.#pack.room || SPARSENESS * (this.#taken + 1) > this.#places.length) this.#repack(bytes, now)
    const slot = this.#slotOf(key, key.length, hash)
    if (this.#places[slot] === 0) this.#taken += 1
    this.#places[slot] = 1 + this.#pack.append({ ...answer, key, hash, since: now, ttl })
    this.#size += 1
  }

  get #mostPlaces(): number {
    return 2 ** Math.floor(Math.log2((this.#mostBytes * PLACES_SHARE) / PLACE_BYTES))
  }

  get #mostPackBytes(): number {
    return Math.floor(this.#mostBytes - this.#mostPlaces * PLACE_BYTES)
  }

  #placeOf(slot: number): number {
    return (this.#places[slot] ?? 0) - 1
  }

  /** The slot of a key: the one that holds it, or where it would go. */
  #slotOf(key: Uint8Array, keyBytes: number, hash: number): number {
    const mask = this.#places.length - 1
    let slot = hash & mask
    for (let place = this.#placeOf(slot); place !== NOWHERE; place = this.#placeOf(slot)) {
      if (this.#pack.isUnder(place, key, keyBytes, hash)) break
      slot = (slot + 1) & mask
    }
    return slot
  }

  /** FNV-1a from a start of our own: http://www.isthe.com/chongo/tech/comp/fnv/ */
  #hash(key: Uint8Array, keyBytes: number): number {
    let hash = this.#seed
    for (let at = 0; at < keyBytes; at++) hash = Math.imul(hash ^ (key[at] ?? 0), 0x01000193)
    return (hash ^ (hash >>> 15)) >>> 0
  }

  #drop(place: number): void {
    this.#pack.drop(place)
    this.#size -= 1
  }

  /** Begin another pack with what is still good, of a size that has room for `room` bytes and for what may follow. */
  #repack(room: number, now: number): void {
    const old = this.#pack
    const kept = this.#chooseKept(room, now)
    const bytes = kept.reduce((sum, place) => sum + old.lengthOf(place), room)
    this.#pack = new AnswerPack(Math.min(this.#mostPackBytes, powerAbove(Math.max(FIRST_PACK_BYTES, 2 * bytes))))
    const places = powerAbove(2 * SPARSENESS * (kept.length + 1))
    this.#places = new Uint32Array(Math.min(this.#mostPlaces, places))
    this.#taken = kept.length
    this.#size = kept.length
    const mask = this.#places.length - 1
    for (const place of kept) {
      let slot = old.hashOf(place) & mask
      while (this.#places[slot] !== 0) slot = (slot + 1) & mask
      this.#places[slot] = 1 + this.#pack.adopt(old, place)
    }
  }

  /** The places, oldest first, of what may stay. */
  #chooseKept(room: number, now: number): readonly number[] {
    const pack = this.#pack
    const fresh = [...pack.places()].filter(place => pack.isFresh(place, now))
    let bytes = fresh.reduce((sum, place) => sum + pack.lengthOf(place), room)
    let count = fresh.length
    const mostBytes = this.#mostPackBytes * KEPT_SHARE
    const mostCount = (this.#mostPlaces / SPARSENESS) * KEPT_SHARE
    const fits = (): boolean => bytes <= mostBytes && count <= mostCount
    const without = (places: readonly number[], mayGo: (place: number) => boolean): readonly number[] =>
      places.filter(place => {
        if (fits() || !mayGo(place)) return true
        bytes -= pack.lengthOf(place)
        count -= 1
        return false
      })
    const used = without(fresh, place => !pack.isUsed(place))
    return without(used, () => true)
  }
}

const powerAbove = (number: number): number => 2 ** Math.ceil(Math.log2(number))
