/** Traces remembered in one generation; there are two. What is older has ended long ago. Arbitrary. */
const GENERATION = 4096

/**
 * Keeps every trace to one app at most, so that no trace can tell that two apps belong to one person.
 *
 * The reader that joins the spans of several parts uses one too.
 */
export class TraceOwners {
  // Two maps, the elder dropped whole: deleting the oldest of one map at each step costs more than all else of a span.
  #young = new Map<string, string>()
  #old = new Map<string, string>()

  /** Report whether a span of the trace may carry `app`: the first app of a trace owns it. */
  admit(traceId: string, app: string): boolean {
    const owner = this.#young.get(traceId) ?? this.#old.get(traceId)
    if (owner !== undefined) return owner === app
    if (this.#young.size >= GENERATION) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(traceId, app)
    return true
  }
}
