import { advance } from './life-cycle.ts'
import {
  type PartRecord,
  type Reaction,
  record,
  type Supervision,
  type SupervisionAction,
  type SupervisionEvent,
} from './supervision.ts'
import { believedAtStart, HELD_UP_MS, silentFrom } from './watchdog.ts'

/** Take in what happened and plan what follows. Pure: the same input gives the same actions. */
export function react(before: Supervision, event: SupervisionEvent, now: number, random: number): Reaction {
  // After a freeze the answer of one part may be heard before the timer goes off, and would convict all others.
  const heard = isHeldUp(before, now) ? record(before, { type: 'held-up' }, now, random) : before
  const supervision = record(heard, event, now, random)
  const actions: SupervisionAction[] = []
  const parts = supervision.parts.map((part, index) => {
    const { next, action } = decide(supervision, part, index, now)
    if (action !== undefined) actions.push({ type: action, part: part.definition.name })
    return next
  })
  return { supervision: { ...supervision, parts }, actions }
}

interface Decision {
  readonly next: PartRecord
  readonly action?: SupervisionAction['type']
}

function decide(supervision: Supervision, part: PartRecord, index: number, now: number): Decision {
  switch (part.state) {
    case 'down':
    case 'failed':
      return mayStart(supervision, part, now) ? start(part, now) : settle(supervision, part)
    case 'starting':
    case 'ready':
    case 'silent':
      if (mustStop(supervision, part, index)) return stop(part, now)
      // It said that it cannot work; that it has not ended by itself must not keep it half alive.
      if (part.trouble !== undefined && !part.killed) return { next: { ...part, killed: true }, action: 'kill' }
      return judgeSilence(part, now)
    case 'draining':
      if (now < part.drainUntil || part.killed) return { next: part }
      return { next: { ...part, killed: true }, action: 'kill' }
  }
}

/** A part that stopped answering is not called ready, and is replaced when it stays so. */
function judgeSilence(part: PartRecord, now: number): Decision {
  if (part.killed) return { next: part }
  if (now >= part.believedUntil) {
    const detail = `did not answer for ${Math.round(part.definition.watchdogMs / 1000)} s and was ended`
    return { next: { ...part, killed: true, detail }, action: 'kill' }
  }
  if (part.state !== 'ready' || now < silentFrom(part.definition, part.believedUntil)) return { next: part }
  return { next: { ...part, state: advance(part.state, 'fell-silent'), detail: 'does not answer' } }
}

/** A failed part that nobody wants is down: nothing of it runs. */
const settle = ({ wanted }: Supervision, part: PartRecord): Decision => ({
  next: wanted === 'down' ? { ...part, state: advance(part.state, 'stop') } : part,
})

const mayStart = (supervision: Supervision, part: PartRecord, now: number): boolean =>
  supervision.wanted === 'up' && now >= part.retryAt && needsAreMet(supervision, part)

function needsAreMet({ parts }: Supervision, { definition }: PartRecord): boolean {
  return parts.every(other => !definition.needs.includes(other.definition.name) || other.state === 'ready')
}

/** What runs is not stopped for a part that may answer again. */
function needsAreLost({ parts }: Supervision, { definition }: PartRecord): boolean {
  const keeps = (state: PartRecord['state']): boolean => state === 'ready' || state === 'silent'
  return parts.some(other => definition.needs.includes(other.definition.name) && !keeps(other.state))
}

/** Stopping goes backwards: a part stays until all that started after it have ended. */
function mustStop(supervision: Supervision, part: PartRecord, index: number): boolean {
  if (supervision.wanted === 'up') return needsAreLost(supervision, part)
  return supervision.parts.slice(index + 1).every(later => hasEnded(later))
}

const hasEnded = ({ state }: PartRecord): boolean => state === 'down' || state === 'failed'

const start = (part: PartRecord, now: number): Decision => ({
  next: {
    ...part,
    state: advance(part.state, 'start'),
    startedAt: now,
    believedUntil: believedAtStart(now),
    trouble: undefined,
    detail: null,
  },
  action: 'start',
})

const stop = (part: PartRecord, now: number): Decision => ({
  next: { ...part, state: advance(part.state, 'stop'), drainUntil: now + part.definition.drainMs, detail: null },
  action: 'stop',
})

/** Tell when to look again if nothing happens, in monotonic milliseconds, or undefined. */
export function nextWake(supervision: Supervision): number | undefined {
  const { wanted, parts } = supervision
  const times = parts.flatMap(part => {
    if (part.state === 'draining' && !part.killed) return [part.drainUntil]
    if (isWatched(part)) return [nextJudgement(part)]
    // A part that waits for another one is woken by that one's readiness; a time would only wake us for nothing.
    if (wanted !== 'up' || !hasEnded(part) || !needsAreMet(supervision, part)) return []
    return Number.isFinite(part.retryAt) ? [part.retryAt] : []
  })
  return times.length === 0 ? undefined : Math.min(...times)
}

/** Report whether the look that {@link nextWake} asked for is so late that we were held up ourselves. */
const isHeldUp = (supervision: Supervision, now: number): boolean =>
  now - (nextWake(supervision) ?? Number.POSITIVE_INFINITY) > HELD_UP_MS

const isWatched = ({ state, killed }: PartRecord): boolean =>
  !killed && (state === 'starting' || state === 'ready' || state === 'silent')

const nextJudgement = ({ definition, state, believedUntil }: PartRecord): number =>
  state === 'ready' ? silentFrom(definition, believedUntil) : believedUntil

/** Report whether nothing runs any more and nothing is wanted. */
export const isStopped = ({ wanted, parts }: Supervision): boolean => wanted === 'down' && parts.every(hasEnded)
