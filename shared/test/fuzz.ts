/** The seed of every generated test. Arbitrary and fixed, so that a failure is seen again. */
export const FUZZ_SEED = 20_261_122

/** A decoder under attack. `run` throws when a property does not hold. */
export interface FuzzTarget {
  readonly name: string
  /** Valid messages, from which inputs are made. */
  readonly seeds: readonly Uint8Array[]
  /** Bytes that mean something to the decoder, put in at random. */
  readonly dictionary?: readonly Uint8Array[]
  run(bytes: Uint8Array): void
}

/** Numbers that follow from a seed (mulberry32): fast, and good enough to pick mutations. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0
  return below => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const pick = <T>(items: readonly T[], random: (below: number) => number): T => items[random(items.length)] as T

/** Bytes on which length fields, signs and terminators turn. */
const EDGES = [0x00, 0x01, 0x04, 0x05, 0x0a, 0x0d, 0x20, 0x22, 0x2e, 0x5c, 0x7f, 0x80, 0xfe, 0xff]

/** Make one input: a seed with a few bytes flipped, cut, doubled, swapped with another seed's, or replaced. */
export function mutate({ seeds, dictionary }: FuzzTarget, random: (below: number) => number): Uint8Array {
  let bytes = Buffer.from(pick(seeds, random))
  for (let rounds = random(5); rounds > 0; rounds--) {
    const at = random(bytes.length + 1)
    const length = random(8)
    switch (random(8)) {
      case 0:
      case 1:
        if (at < bytes.length) bytes[at] = random(256)
        break
      case 2:
        if (at < bytes.length) bytes[at] = pick(EDGES, random)
        break
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
        break
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)])
        break
      case 5:
        bytes = Buffer.from(bytes.subarray(0, at))
        break
      case 6:
        bytes = Buffer.concat([bytes.subarray(0, at), pick(dictionary ?? seeds, random), bytes.subarray(at)])
        break
      case 7:
        bytes = Buffer.concat([bytes.subarray(0, at), pick(seeds, random).subarray(at)])
    }
  }
  return Uint8Array.from(bytes)
}

/** Run `count` inputs through a target. A broken property is thrown with the input that breaks it. */
export function fuzz(target: FuzzTarget, count: number, seed = FUZZ_SEED): void {
  const random = randomFrom(seed)
  for (let done = 0; done < count; done++) {
    const input = mutate(target, random)
    try {
      target.run(input)
    } catch (cause) {
      const at = `${target.name}: input ${done} of seed ${seed}: ${Buffer.from(input).toString('hex')}`
      throw new Error(at, { cause })
    }
  }
}
