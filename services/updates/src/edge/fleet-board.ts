import type { JobQueue } from '@cordon/shared/queue'
import type { CompleteProduct } from '../products/index.ts'
import { nameAnswer, windowOf } from '../schedule/index.ts'
import { nameQuestion, type ProductMemory, type SharedAnswer, shareAnswer } from '../verdict/index.ts'
import { openAnswer, sealAnswer } from './sealed-answer.ts'

/**
 * What machines of a fleet have found, each answer under a word that only they can tell a question from, and sealed: who
 * holds Redis can neither read nor forge one, and can do no more than to lose it or to repeat an old one.
 */
export class FleetBoard {
  readonly #queue: JobQueue
  readonly #secret: Uint8Array

  constructor(queue: JobQueue, secret: Uint8Array) {
    this.#queue = queue
    this.#secret = secret
  }

  /** Leave the newest answer for the others, or throw a Fault `QUE_…`. */
  async leave(product: CompleteProduct, memory: ProductMemory): Promise<void> {
    const answer = shareAnswer(memory)
    if (answer === undefined) return
    const word = nameAnswer(this.#secret, nameQuestion(product), windowOf(answer.checkedAtMs))
    const note = sealAnswer(this.#secret, word, answer)
    if (note !== undefined) await this.#queue.leaveNote('updates', word, note)
  }

  /** Find the answers of this window and the last, the newest of each product, or throw a Fault `QUE_…`. */
  async find<T extends { readonly product: CompleteProduct }>(
    wanted: readonly T[],
    nowMs: number,
  ): Promise<readonly { readonly of: T; readonly answer: SharedAnswer }[]> {
    const window = windowOf(nowMs)
    const places = wanted.flatMap(of =>
      [window, window - 1].map(one => ({ of, word: nameAnswer(this.#secret, nameQuestion(of.product), one) })),
    )
    const words = places.map(({ word }) => word)
    const notes = await this.#queue.findNotes('updates', words)
    const found = places.flatMap(({ of, word }, at) => {
      const note = notes[at]
      const answer = note === undefined ? undefined : openAnswer(this.#secret, word, note)
      return answer === undefined ? [] : [{ of, answer }]
    })
    const newest = new Map<T, SharedAnswer>()
    for (const { of, answer } of found) {
      if ((newest.get(of)?.checkedAtMs ?? 0) < answer.checkedAtMs) newest.set(of, answer)
    }
    return [...newest].map(([of, answer]) => ({ of, answer }))
  }
}
