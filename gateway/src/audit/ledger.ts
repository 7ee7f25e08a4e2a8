import type { AppId } from '@cordon/shared/isolation'
import type { Pair } from './pair.ts'

/** What the gateway says of a stream before it asks tor for it. */
export interface Sending {
  readonly app: AppId
  /** The isolation key, as a digest: equal if and only if the two may share a circuit. */
  readonly key: string
  readonly pair: Pair
  /** The SocksPort that is asked, as tor names it in SOURCE_ADDR; undefined where tor may name it otherwise. */
  readonly source: string | undefined
}

/** One stream that the gateway asked tor for. */
export interface Claim extends Sending {
  /** Tor has opened the stream: from here on it must have told of it. */
  answered(): void
  /** The stream is over. It may still be told of. */
  ended(): void
}

interface OpenClaim extends Claim {
  /** Monotonic ms; undefined while tor has not answered. */
  answeredAt: number | undefined
  /** Monotonic ms; undefined while the stream lives. */
  endedAt: number | undefined
  /** Whether tor may have told of it while nobody listened. */
  isForgiven: boolean
}

/** Everything that was sent with one pair. */
interface Account {
  /** The one isolation key that the pair stands for. */
  readonly app: AppId
  readonly key: string
  /** Asked for and not yet told of, oldest first. */
  readonly waiting: OpenClaim[]
}

/** How an event of tor about a new stream meets what the gateway sent. */
export type Matched =
  | { readonly type: 'matched' }
  /** One of our apps' names, on a stream that the gateway did not ask for. */
  | { readonly type: 'foreign' }

/** What the gateway has asked tor for, to hold against what tor tells. */
export class Ledger {
  readonly #accounts = new Map<Pair, Account>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  get size(): { readonly accounts: number; readonly waiting: number } {
    let waiting = 0
    for (const account of this.#accounts.values()) waiting += account.waiting.length
    return { accounts: this.#accounts.size, waiting }
  }

  /** Write down a stream before tor is asked for it. `reused`: its pair stands for another isolation key already. */
  send(sending: Sending): { readonly claim: Claim; readonly reused: Sending | undefined } {
    const now = this.#now
    const claim: OpenClaim = {
      ...sending,
      answeredAt: undefined,
      endedAt: undefined,
      isForgiven: false,
      answered() {
        this.answeredAt ??= now()
      },
      ended() {
        this.endedAt ??= now()
      },
    }
    const { app, key, pair } = sending
    const account = this.#accounts.get(pair) ?? { app, key, waiting: [] }
    this.#accounts.set(pair, account)
    account.waiting.push(claim)
    const isReused = account.app !== app || account.key !== key
    return { claim, reused: isReused ? { ...sending, app: account.app, key: account.key } : undefined }
  }

  /** Match the event of a new stream with the oldest that was sent with its pair. */
  match(pair: Pair, sourceAddress: string | undefined): Matched {
    const waiting = this.#accounts.get(pair)?.waiting ?? []
    const at = waiting.findIndex(({ source }) => source === undefined || isFrom(sourceAddress, source))
    if (at < 0) return { type: 'foreign' }
    waiting.splice(at, 1)
    return { type: 'matched' }
  }

  /** List what each remembered pair was sent for, and how many streams tor has not told of. */
  get accounts(): readonly (Omit<Sending, 'source'> & { readonly waiting: number })[] {
    return [...this.#accounts].map(([pair, { app, key, waiting }]) => ({ app, key, pair, waiting: waiting.length }))
  }

  /** What was sent until now may have been told of while nobody listened: it is waited for no longer than usual. */
  forgive(): void {
    for (const { waiting } of this.#accounts.values()) {
      for (const claim of waiting) {
        claim.isForgiven = true
        claim.endedAt ??= this.#now()
      }
    }
  }

  /**
   * Let go of what was over `before` (monotonic ms), and count the streams that tor opened by then and never told of.
   *
   * `isLive` says which pairs some circuit or stream still has: those are remembered.
   */
  sweep(before: number, isLive: (pair: Pair) => boolean): number {
    let untold = 0
    for (const [pair, { waiting }] of this.#accounts) {
      for (let at = waiting.length - 1; at >= 0; at--) {
        const { answeredAt, endedAt, isForgiven = false } = waiting[at] ?? {}
        const isUntold = answeredAt !== undefined && answeredAt < before && !isForgiven
        const isOver = endedAt !== undefined && endedAt < before
        if (!isUntold && !isOver) continue
        waiting.splice(at, 1)
        if (isUntold) untold += 1
      }
      if (waiting.length === 0 && !isLive(pair)) this.#accounts.delete(pair)
    }
    return untold
  }
}

/** Tor writes `PATH:0` for an AF_UNIX listener (seen on 0.4.9.11). */
const isFrom = (sourceAddress: string | undefined, listener: string): boolean =>
  sourceAddress === undefined || sourceAddress === `${listener}:0`
