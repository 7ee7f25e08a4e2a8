import type { QueueName } from '../../contracts/index.ts'
import { internal } from '../../errors/index.ts'
import { withDeadline } from '../../runtime/edge/index.ts'
import { explainRedisError, prefixOf, type QueuePlace } from '../index.ts'
import { COMMAND_DEADLINE_MS, type RedisClient } from './redis-client.ts'
import type { RedisLink } from './redis-link.ts'

/** The longest note. Those of update checks have 4 KiB. */
const NOTE_MAX_BYTES = 8192
/** Redis throws a note away after this, by its own clock: it tidies up, and nothing is decided by it. */
const KEPT_MS = 2 * 86_400_000

const WORD = /^[0-9a-f]{32}$/

export interface NoteBoardOptions {
  readonly client: RedisClient
  readonly link: RedisLink
  readonly place: QueuePlace
}

/** Notes that machines of a fleet leave for each other in Redis. */
export class NoteBoard {
  readonly #options: NoteBoardOptions

  constructor(options: NoteBoardOptions) {
    this.#options = options
  }

  async leave(queue: QueueName, word: string, note: Uint8Array): Promise<void> {
    if (note.length > NOTE_MAX_BYTES) throw internal('a note is too long')
    const { client } = this.#options
    await this.#ask(client.set(this.#keyOf(queue, word), Buffer.from(note), 'PX', KEPT_MS))
  }

  async find(queue: QueueName, words: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    const { client } = this.#options
    // A part of it: what is longer than a note is none, and is not read into memory.
    const asked = words.map(word => client.getrangeBuffer(this.#keyOf(queue, word), 0, NOTE_MAX_BYTES))
    const found = await this.#ask(Promise.all(asked))
    return found.map(note => (note.length === 0 || note.length > NOTE_MAX_BYTES ? undefined : note))
  }

  #keyOf(queue: QueueName, word: string): string {
    const { link, place } = this.#options
    if (!WORD.test(word)) throw internal('a note has an illegal word')
    if (link.state.type === 'unusable') throw link.state.why
    return `${prefixOf(queue, place)}:note:${queue}:${word}`
  }

  async #ask<T>(answer: Promise<T>): Promise<T> {
    try {
      return await withDeadline(answer, COMMAND_DEADLINE_MS, () => new Error('no answer'))
    } catch (thrown) {
      throw explainRedisError(thrown)
    }
  }
}
