import type { ClockDecision } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import { sendUnixDatagram } from '@cordon/shared/runtime/edge'
import type { SpanContext, Telemetry } from '@cordon/shared/telemetry'
import { type Correction, type DisciplineChoice, encodeChronySample, explainCorrection } from '../discipline/index.ts'
import type { KeptTime } from './kept-time.ts'
import type { ClockSetter } from './machine-clock.ts'

/** What a correction acts on. */
export interface CorrectionPlace {
  readonly setter: ClockSetter
  readonly telemetry: Telemetry
  /** Done around a step: leases and locks elsewhere are of the wall clock. */
  readonly aroundStep: { before(): void; after(): void }
}

/** One correction, as it was planned. */
export interface PlannedCorrection {
  readonly correction: Correction
  readonly offsetMs: number
  readonly discipline: DisciplineChoice
  readonly chronySocket: string
  readonly parent: SpanContext
}

/** What was done: what is shown of it, and who has the clock from now on. */
export interface AppliedCorrection {
  readonly decision: ClockDecision
  readonly discipline: DisciplineChoice
}

/** Do what was planned. What this machine does not let happen is reported in its place, and not thrown. */
export function applyCorrection(place: CorrectionPlace, time: KeptTime, planned: PlannedCorrection): AppliedCorrection {
  const { correction, offsetMs } = planned
  try {
    if (correction.type === 'slew') place.setter.slew(offsetMs)
    if (correction.type === 'step') step(place, planned)
    const discipline = correction.type === 'hand-on' ? handOn(time, planned) : planned.discipline
    return { decision: explainCorrection(correction, offsetMs, discipline), discipline }
  } catch (cause) {
    // CAP_SYS_TIME in a container is one that its kernel does not count.
    const discipline = reporting(cause instanceof Fault ? cause.message : 'the clock could not be set')
    return { decision: explainCorrection({ type: 'report' }, offsetMs, discipline), discipline }
  }
}

function step({ setter, aroundStep, telemetry }: CorrectionPlace, { offsetMs, parent }: PlannedCorrection): void {
  const span = telemetry.startSpan('clock.step', { parent, attributes: { offsetMs } })
  aroundStep.before()
  try {
    setter.step(offsetMs)
    telemetry.log('clock.stepped', { offsetMs: Math.round(offsetMs) })
    span.end({ outcome: 'ok' })
  } catch (cause) {
    span.fail(cause)
    throw cause
  } finally {
    aroundStep.after()
  }
}

/** Give the sample to whom the clock was handed; only chrony has to be told. */
function handOn(time: KeptTime, { discipline, chronySocket }: PlannedCorrection): DisciplineChoice {
  const believed = time.believe()
  if (discipline.by !== 'chrony' || believed === undefined) return discipline
  const { unixMs, wallMs } = believed
  if (sendUnixDatagram(chronySocket, encodeChronySample(wallMs, unixMs - wallMs))) return discipline
  return reporting('chrony does not take what is sent to its socket')
}

const reporting = (why: string): DisciplineChoice => ({ by: 'report', why, rivals: [] })
