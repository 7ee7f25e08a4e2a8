import type { PartName } from '@cordon/shared/contracts'
import type { Span, SpanContext } from '@cordon/shared/telemetry'
import type { SpanRecorder } from '@cordon/shared/telemetry/span-recorder'
import { listTurns, type PartTurn, type Supervision } from '../lifecycle/index.ts'

/** Keeps a span of each start and stop of a part. A start after a death is part of the death's trace. */
export class PartSpans {
  readonly #recorder: SpanRecorder
  readonly #open = new Map<PartName, Span<'part.start'> | Span<'part.stop'>>()
  readonly #deaths = new Map<PartName, SpanContext>()

  constructor(recorder: SpanRecorder) {
    this.#recorder = recorder
  }

  follow(before: Supervision, after: Supervision): void {
    for (const turn of listTurns(before, after)) this.#take(turn)
  }

  #take(turn: PartTurn): void {
    const { part } = turn
    switch (turn.type) {
      case 'begin':
        this.#open.set(part, this.#begin(turn))
        break
      case 'end':
        this.#open.get(part)?.end({ outcome: turn.outcome })
        this.#open.delete(part)
        break
      case 'died': {
        const death = this.#recorder.startSpan('part.stop', { attributes: { part } })
        this.#deaths.set(part, death.context)
        death.end({ outcome: 'failed' })
      }
    }
  }

  #begin({ part, span, attempt }: PartTurn & { readonly type: 'begin' }): Span<'part.start'> | Span<'part.stop'> {
    if (span === 'part.stop') return this.#recorder.startSpan(span, { attributes: { part } })
    return this.#recorder.startSpan(span, { parent: this.#deaths.get(part), attributes: { part, attempt } })
  }
}
