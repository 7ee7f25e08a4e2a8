import type { Fault, FaultCode } from '../../errors/index.ts'
import { withDeadline } from '../../runtime/edge/index.ts'
import { explainRedisError, judgeRedis, type QueueState } from '../index.ts'
import { COMMAND_DEADLINE_MS, type RedisClient } from './redis-client.ts'

/**
 * How often Redis is asked whether it can carry jobs. It bounds how late a change is seen that nothing runs into: a
 * connection that ends, an add that fails and a worker that is answered with an error tell at once. Arbitrary.
 */
const CHECK_EVERY_MS = 30_000
/** While it cannot, more often: what waits is waiting for this. */
const CHECK_AGAIN_MS = 500

/** Packs as BullMQ's scripts do, and writes, which a full Redis refuses. */
const PROBE = `redis.call('SET', KEYS[1], cmsgpack.pack({1}), 'PX', 1000) return redis.call('DEL', KEYS[1])`

const AT_THE_DOOR: readonly FaultCode[] = ['QUE_PASSWORD_REFUSED', 'QUE_CERTIFICATE_REFUSED']

export interface RedisLinkOptions {
  readonly client: RedisClient
  /** A key of our own to write to. */
  readonly probeKey: string
  /** How often it is asked while it can carry jobs; {@link CHECK_EVERY_MS} where nothing is said. */
  readonly checkEveryMs?: number | undefined
  onChange(state: QueueState): void
}

/** Knows whether Redis can carry jobs: there, new enough, keeping what it is given, running scripts, taking writes. */
export class RedisLink {
  readonly #options: RedisLinkOptions
  #state: QueueState
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(options: RedisLinkOptions) {
    this.#options = options
    this.#state = { type: 'unusable', why: explainRedisError(undefined) }
    const { client } = options
    client.on('ready', () => void this.check())
    client.on('close', () => this.#become({ type: 'unusable', why: this.#lastFault(undefined) }))
    client.on('error', (thrown: unknown) => this.#become({ type: 'unusable', why: this.#lastFault(thrown) }))
    this.#plan()
  }

  get state(): QueueState {
    return this.#state
  }

  /** Ask Redis now; resolve when the state says what it answered. */
  async check(): Promise<void> {
    const { client, probeKey } = this.#options
    try {
      const late = (): Error => new Error('no answer')
      const info = await withDeadline(client.info(), COMMAND_DEADLINE_MS, late)
      const unfit = judgeRedis(info)
      if (unfit !== undefined) throw unfit
      await withDeadline(client.eval(PROBE, 1, probeKey), COMMAND_DEADLINE_MS, late)
      this.#become({ type: 'usable' })
    } catch (thrown) {
      this.#become({ type: 'unusable', why: this.#lastFault(thrown) })
    }
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#options.client.disconnect()
  }

  #plan(): void {
    clearTimeout(this.#timer)
    if (this.#isClosed) return
    const wait = this.#state.type === 'usable' ? (this.#options.checkEveryMs ?? CHECK_EVERY_MS) : CHECK_AGAIN_MS
    this.#timer = setTimeout(() => void this.check().then(() => this.#plan()), wait)
  }

  /** What is refused at the door ends in a closed connection: the cause says more than its consequence. */
  #lastFault(thrown: unknown): Fault {
    const fault = explainRedisError(thrown)
    if (fault.code !== 'QUE_UNREACHABLE' || this.#state.type === 'usable') return fault
    return AT_THE_DOOR.includes(this.#state.why.code) ? this.#state.why : fault
  }

  #become(state: QueueState): void {
    if (this.#isClosed) return
    const before = this.#state
    this.#state = state
    const isSame =
      before.type === 'usable'
        ? state.type === 'usable'
        : state.type === 'unusable' && before.why.code === state.why.code
    if (isSame) return
    this.#plan()
    this.#options.onChange(state)
  }
}
