import { VIRTUAL_TTL_SECONDS } from '@cordon/shared/contracts'
import type { NymEpoch } from '@cordon/shared/isolation'
import { formatVirtual, VIRTUAL_COUNT } from '@cordon/shared/names'

/** More names than a program asks for between two renewals, and 2 MiB of memory. Arbitrary. */
const CAPACITY = 16_384

/** A program that was told a time to live may look at its clock late. Arbitrary. */
const GRACE_MS = 60_000

interface Mapping {
  readonly name: string
  readonly address: string
  /** Until then the address stands for no other name. Monotonic milliseconds. */
  promisedUntil: number
}

/**
 * Which virtual address of one app stands for which name.
 *
 * A new nym epoch begins with none: an address that a program kept over a renewal leads nowhere. Addresses are drawn
 * at random, so that their order tells nothing. A mapping that is no longer promised stays until its room is needed.
 */
export class VirtualNames {
  /** In the order of use, oldest first. */
  readonly #byName = new Map<string, Mapping>()
  readonly #byAddress = new Map<string, Mapping>()
  readonly #capacity: number
  #nymEpoch: NymEpoch | undefined

  constructor(capacity = CAPACITY) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#byName.size
  }

  /**
   * Give the address of `name`, and keep it for {@link VIRTUAL_TTL_SECONDS} and a grace. Names compare without case.
   *
   * `random` is uniform in [0, 1). Undefined when so many names are promised that there is no room.
   */
  give(name: string, nymEpoch: NymEpoch, now: number, random: () => number): string | undefined {
    this.#enter(nymEpoch)
    const key = name.toLowerCase()
    const known = this.#byName.get(key)
    const mapping = known ?? this.#make(key, now, random)
    if (mapping === undefined) return undefined
    mapping.promisedUntil = now + VIRTUAL_TTL_SECONDS * 1000 + GRACE_MS
    this.#byName.delete(key)
    this.#byName.set(key, mapping)
    return mapping.address
  }

  /** Tell the name that `address` stands for in this nym epoch. */
  nameOf(address: string, nymEpoch: NymEpoch): string | undefined {
    this.#enter(nymEpoch)
    return this.#byAddress.get(address)?.name
  }

  #enter(nymEpoch: NymEpoch): void {
    if (this.#nymEpoch === nymEpoch) return
    this.#nymEpoch = nymEpoch
    this.#byName.clear()
    this.#byAddress.clear()
  }

  #make(name: string, now: number, random: () => number): Mapping | undefined {
    if (this.#byName.size >= this.#capacity && !this.#makeRoom(now)) return undefined
    // At most one in 256 numbers is taken at the capacity, and two in 256 are never given: this ends soon.
    for (;;) {
      const address = formatVirtual(Math.floor(random() * VIRTUAL_COUNT))
      if (address === undefined || this.#byAddress.has(address)) continue
      const mapping = { name, address, promisedUntil: 0 }
      this.#byAddress.set(address, mapping)
      return mapping
    }
  }

  /** Forget the mapping that was given longest ago, if it is no longer promised: all others were given later. */
  #makeRoom(now: number): boolean {
    const [oldest] = this.#byName.values()
    if (oldest === undefined || now < oldest.promisedUntil) return false
    this.#byName.delete(oldest.name)
    this.#byAddress.delete(oldest.address)
    return true
  }
}
