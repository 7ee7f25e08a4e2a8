import type { ServerResponse } from 'node:http'
import type { GatewayEvent } from '@cordon/shared/contracts'

/** A desktop has a handful of programs that watch. Arbitrary. */
const MOST_LISTENERS = 32

/** What may wait for a listener that does not read: hundreds of events. Arbitrary. */
const MOST_WAITING_BYTES = 65_536

/** Often enough that a dead listener is noticed. Arbitrary. */
const KEEP_ALIVE_MS = 15_000

/** Tells whoever listens what happens, as server-sent events (HTML, section 9.2). A listener that is too slow is cut. */
export class EventHub {
  readonly #listeners = new Set<ServerResponse>()
  #keepAlive: NodeJS.Timeout | undefined

  get listeners(): number {
    return this.#listeners.size
  }

  /** Tell everybody. The data is one line of JSON, so it can hold no event of its own. */
  publish(event: GatewayEvent): void {
    this.#write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  }

  /** Let `response` listen until it ends; false means that too many do already. */
  add(response: ServerResponse): boolean {
    if (this.#listeners.size >= MOST_LISTENERS) return false
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write(': cordon\n\n')
    this.#listeners.add(response)
    response.once('close', () => this.#remove(response))
    response.on('error', () => {}) // 'close' follows
    this.#keepAlive ??= setInterval(() => this.#write(': still here\n\n'), KEEP_ALIVE_MS)
    this.#keepAlive.unref()
    return true
  }

  close(): void {
    for (const response of this.#listeners) response.destroy()
  }

  #write(text: string): void {
    for (const response of this.#listeners) {
      if (response.writableLength > MOST_WAITING_BYTES) response.destroy()
      else response.write(text)
    }
  }

  #remove(response: ServerResponse): void {
    this.#listeners.delete(response)
    if (this.#listeners.size > 0) return
    clearInterval(this.#keepAlive)
    this.#keepAlive = undefined
  }
}
