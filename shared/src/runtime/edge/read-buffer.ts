/** Holds tor's reply to a request whole, and one relay cell of data (498 bytes): what an idle stream keeps. */
const SMALL_BYTES = 512

/** Above it, larger reads gain nothing that could be measured. */
const LARGE_BYTES = 262_144

/** How much larger the next buffer is when one was filled: three steps from small to large. */
const GROWTH = 8

/**
 * The memory that one socket reads into, used again for each read.
 *
 * Without it every read gets 64 KiB of new memory, and the collector goes through the whole heap for each 43 MB read.
 * It grows while reads fill it, and is small again after a small read, so that thousands of idle streams cost little.
 */
export class ReadBuffer {
  #memory: Uint8Array = Buffer.allocUnsafe(SMALL_BYTES)

  /** The memory for the next read. Whoever holds the bytes of the last one may not need them any more. */
  get memory(): Uint8Array {
    return this.#memory
  }

  /** Learn from a read of `length` bytes. */
  learn(length: number): void {
    const size = this.#memory.length
    if (length === size && size < LARGE_BYTES) this.#memory = Buffer.allocUnsafeSlow(size * GROWTH)
    else if (length <= SMALL_BYTES && size > SMALL_BYTES) this.#memory = Buffer.allocUnsafe(SMALL_BYTES)
  }
}
