import { fetchThrough } from './cordon.ts'

/** The addresses that a site of the lab can see (RFC 2544): anything else is this machine's own, a direct path. */
const OF_THE_LAB = /^198\.1[89]\./

/** What an app saw of its own requests. */
export interface Seen {
  readonly succeeded: number
  readonly refused: number
  /** Answers that came some other way than through the lab's relays. */
  readonly direct: number
}

/** An app that asks the check site again and again, each time as soon as the last request has ended. */
export class Traffic {
  #wanted = true
  #seen = { succeeded: 0, refused: 0, direct: 0 }
  readonly #over: Promise<void>

  constructor(port: number) {
    this.#over = this.#run(port)
  }

  /** End it and tell what it saw. */
  async stop(): Promise<Seen> {
    this.#wanted = false
    await this.#over
    return this.#seen
  }

  get seen(): Seen {
    return this.#seen
  }

  async #run(port: number): Promise<void> {
    while (this.#wanted) {
      const { status, out } = await fetchThrough(port)
      if (status !== 0) this.#seen.refused++
      else if (OF_THE_LAB.test(JSON.parse(out).remoteAddress)) this.#seen.succeeded++
      else this.#seen.direct++
      // A port that refuses at once must not make this a flood of new processes.
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }
}
