import type { ClockDecision } from '@cordon/shared/contracts'
import type { DisciplineChoice } from './choose-discipline.ts'
import type { Correction } from './plan-correction.ts'

/** No round has ended yet. */
export const UNDECIDED: ClockDecision = {
  verdict: 'none',
  reason: null,
  why: 'nothing was measured yet',
  next: null,
}

const decided = (verdict: ClockDecision['verdict'], why: string): ClockDecision => ({
  verdict,
  reason: null,
  why,
  next: null,
})

const inSeconds = (ms: number): string => `${(Math.abs(ms) / 1000).toFixed(3)} s`

/** Say what was done about a good round, and why. */
export function explainCorrection(correction: Correction, offsetMs: number, by: DisciplineChoice): ClockDecision {
  const amount = `${inSeconds(offsetMs)} ${offsetMs >= 0 ? 'forward' : 'backward'}`
  switch (correction.type) {
    case 'none':
      return decided('right', 'the clock is right within what can be measured')
    case 'step':
      return decided('stepped', `the clock was stepped ${amount}`)
    case 'slew':
      return decided(
        'slewed',
        `the clock runs a little ${offsetMs >= 0 ? 'faster' : 'slower'} until ${amount} is made up`,
      )
    case 'hand-on':
      return decided('handed-on', `${by.why}; it decides by itself`)
    case 'report':
      return {
        verdict: 'reported',
        reason: by.rivals.length > 0 ? 'rival' : 'not-permitted',
        why: `${by.why}; the clock is off by ${inSeconds(offsetMs)} and was left as it is`,
        next:
          by.rivals.length > 0
            ? 'Stop that daemon, or let it be fed: clock.discipline chrony or sntp.'
            : 'Let chrony take the samples (clock.chronySocket), or give the service CAP_SYS_TIME.',
      }
    case 'refuse':
      return correction.why === 'backward'
        ? {
            verdict: 'refused',
            reason: 'backward',
            why: `the clock would run backward by ${inSeconds(offsetMs)}, and programs may have used those times`,
            next: 'Run `cordon clock sync --allow-backward` if that is right.',
          }
        : {
            verdict: 'refused',
            reason: 'panic',
            why: `the clock was right and is off by ${inSeconds(offsetMs)} now: somebody moved it, or the sources lie`,
            next: 'Run `cordon clock sync`, which measures again and may step.',
          }
  }
}
