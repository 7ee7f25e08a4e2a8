import type { ChildProcess } from 'node:child_process'
import type { LoadAnswer, LoadRequest } from './load-process.ts'
import type { Programs } from './programs.ts'
import type { BatchResult, StreamBatch, StreamPlan, StreamResult } from './stream-batch.ts'

/** The load process, as the measurements see it. One batch at a time. */
export class Load {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static async start(programs: Programs): Promise<Load> {
    return new Load((await programs.fork<LoadAnswer>('./load-process.ts')).child)
  }

  /** Run a batch to its end, failures included. */
  async tryBatch(batch: StreamBatch): Promise<BatchResult> {
    return (await this.#ask(batch)) as BatchResult
  }

  /** Run a batch in which every stream must succeed, or throw: a figure with failures in it says nothing. */
  async run(plans: readonly StreamPlan[], atOnce: number, { hold = false } = {}): Promise<SucceededBatch> {
    const { streams, seconds } = await this.tryBatch({ plans, atOnce, hold })
    const failed = streams.filter(stream => !stream.ok)
    if (failed[0] !== undefined) throw new Error(`${failed.length} of ${plans.length} streams failed: ${failed[0].why}`)
    return { streams: streams.filter(stream => stream.ok), seconds }
  }

  /** Close every stream that is held. */
  async release(): Promise<void> {
    await this.#ask('release')
  }

  async #ask(request: LoadRequest): Promise<LoadAnswer> {
    return await new Promise((resolve, reject) => {
      const onExit = (): void => reject(new Error('the load process ended'))
      this.#child.once('exit', onExit)
      this.#child.once('message', (answer: LoadAnswer) => {
        this.#child.off('exit', onExit)
        resolve(answer)
      })
      this.#child.send(request)
    })
  }
}

/** A batch in which every stream succeeded. */
export interface SucceededBatch {
  readonly streams: readonly (StreamResult & { readonly ok: true })[]
  readonly seconds: number
}
