import { explain } from '@cordon/shared/errors'
import type { ControlConnection } from '@cordon/shared/runtime/edge'
import type { SpanContext } from '@cordon/shared/telemetry'
import { planResume, type ResumeStep, type Sleep } from '../lifecycle/index.ts'
import type { Supervisor } from './supervisor.ts'
import { wakeTor } from './wake-tor.ts'

/** Do what follows a sleep, in order. `tor` is ours; undefined while none runs. A step that fails holds up no other. */
export async function resume(sleep: Sleep, supervisor: Supervisor, tor: ControlConnection | undefined): Promise<void> {
  supervisor.note('info', `${sleep.kind} for ${Math.round(sleep.ms / 1000)} s`)
  const whole = supervisor.recorder.startSpan('machine.resume')
  for (const step of planResume(sleep)) {
    const span = supervisor.recorder.startSpan('machine.resume.step', { parent: whole.context, attributes: { step } })
    try {
      const circuitsClosed = await take(step, { sleep, supervisor, tor, parent: span.context })
      span.end({ outcome: 'ok', ...(circuitsClosed === undefined ? {} : { circuitsClosed }) })
    } catch (cause) {
      span.fail(cause)
      supervisor.note('warn', explain(cause))
    }
  }
  whole.end({ outcome: 'ok' })
}

interface Resumption {
  readonly sleep: Sleep
  readonly supervisor: Supervisor
  readonly tor: ControlConnection | undefined
  readonly parent: SpanContext
}

/** Take one step; the one that closes circuits tells how many. */
async function take(step: ResumeStep, { sleep, supervisor, tor, parent }: Resumption): Promise<number | undefined> {
  switch (step) {
    case 'circuits': {
      if (tor === undefined) return undefined
      const closed = await wakeTor(tor)
      supervisor.note('info', `closed ${closed} circuits that are older than the sleep`)
      return closed
    }
    case 'health':
      supervisor.checkHealth()
      return undefined
    case 'queue':
      supervisor.tellResumed(sleep.ms, parent)
      return undefined
  }
}
