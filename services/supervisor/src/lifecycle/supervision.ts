import type { PartMessage, PartName } from '@cordon/shared/contracts'
import { advance, type PartState } from './life-cycle.ts'
import type { PartDefinition } from './parts.ts'
import { LOOK_BACK_OFF, planRestart, RESTART_BACK_OFF } from './restart-policy.ts'
import { believedAfterAnswer } from './watchdog.ts'

/** A failure that a part reported of itself. */
export interface Trouble {
  readonly code: string
  readonly message: string
  readonly next: string | null
}

/** One part as it is now. Times are monotonic milliseconds. */
export interface PartRecord {
  readonly definition: PartDefinition
  readonly state: PartState
  readonly pid: number | null
  /** What it waits for or why it ended, for people. */
  readonly detail: string | null
  readonly trouble: Trouble | undefined
  /** Unwanted exits in a row. */
  readonly exits: number
  readonly startedAt: number
  /** When it is killed unless it answers before. */
  readonly believedUntil: number
  /** When a part that is down or failed may start again. Infinity: not before something changes. */
  readonly retryAt: number
  /** When a draining part is killed. */
  readonly drainUntil: number
  readonly killed: boolean
}

/** All parts in order of starting, and whether they are wanted up. */
export interface Supervision {
  readonly wanted: 'up' | 'down'
  readonly parts: readonly PartRecord[]
}

/** What happened. */
export type SupervisionEvent =
  | { readonly type: 'want'; readonly wanted: 'up' | 'down' }
  | { readonly type: 'started'; readonly part: PartName; readonly pid: number | null }
  | { readonly type: 'announced'; readonly part: PartName; readonly message: PartMessage }
  | { readonly type: 'exited'; readonly part: PartName; readonly detail: string }
  /** It answered that it lives. */
  | { readonly type: 'answered'; readonly part: PartName }
  /** We could not listen for a while: nobody's silence counts. */
  | { readonly type: 'held-up' }
  /** Something changed that may mend what failed: every failed part gets a fresh chance. */
  | { readonly type: 'mended' }
  | { readonly type: 'tick' }

/** What to do about one part. `stop` asks it to end, `kill` does not ask. */
export interface SupervisionAction {
  readonly type: 'start' | 'stop' | 'kill'
  readonly part: PartName
}

export interface Reaction {
  readonly supervision: Supervision
  readonly actions: readonly SupervisionAction[]
}

/** Begin with every part down and none wanted. */
export const beginSupervision = (parts: readonly PartDefinition[]): Supervision => ({
  wanted: 'down',
  parts: parts.map(definition => ({
    definition,
    state: 'down',
    pid: null,
    detail: null,
    trouble: undefined,
    exits: 0,
    startedAt: 0,
    believedUntil: Number.POSITIVE_INFINITY,
    retryAt: 0,
    drainUntil: Number.POSITIVE_INFINITY,
    killed: false,
  })),
})

/** Take in what happened, without yet deciding what to do. `random` is uniform in [0, 1). */
export function record(before: Supervision, event: SupervisionEvent, now: number, random: number): Supervision {
  switch (event.type) {
    case 'tick':
      return before
    case 'want':
      return { ...before, wanted: event.wanted }
    case 'mended':
      return { ...before, parts: before.parts.map(part => (part.state === 'failed' ? forgive(part) : part)) }
    case 'started':
      return change(before, event.part, part => ({ ...part, pid: event.pid }))
    case 'answered':
      return change(before, event.part, part => believe(part, now))
    case 'held-up':
      return { ...before, parts: before.parts.map(part => forgiveSilence(part, now)) }
    case 'announced':
      return change(before, event.part, part => hear(part, event.message, now))
    case 'exited':
      return change(before, event.part, part => bury(part, event.detail, now, random))
  }
}

const change = (
  { wanted, parts }: Supervision,
  name: PartName,
  edit: (part: PartRecord) => PartRecord,
): Supervision => ({ wanted, parts: parts.map(part => (part.definition.name === name ? edit(part) : part)) })

const forgive = (part: PartRecord): PartRecord => ({ ...part, trouble: undefined, exits: 0, retryAt: 0 })

const believe = (part: PartRecord, now: number): PartRecord => {
  const state = advance(part.state, 'answered')
  const detail = state === part.state ? part.detail : null
  return { ...part, state, detail, believedUntil: believedAfterAnswer(part.definition, now) }
}

/** Its answer may lie unread, and its end: neither was there to be seen. */
const forgiveSilence = (part: PartRecord, now: number): PartRecord => ({
  ...part,
  believedUntil: Math.max(part.believedUntil, believedAfterAnswer(part.definition, now)),
  drainUntil: Math.max(part.drainUntil, now + part.definition.drainMs),
})

const hasLife = ({ state, killed }: PartRecord): boolean => !killed && (state === 'starting' || state === 'ready')

function hear(part: PartRecord, message: PartMessage, now: number): PartRecord {
  switch (message.type) {
    case 'alive':
      return believe(part, now)
    case 'breached':
      return part // for the person at the desktop; the status says it by itself
    case 'ready': {
      const state = advance(part.state, 'announced-ready')
      if (state !== 'ready') return part
      return { ...part, state, detail: null, believedUntil: believedAfterAnswer(part.definition, now) }
    }
    case 'waiting':
      // What a part waited for before it ended must not hide why it ended.
      return hasLife(part) ? { ...part, detail: message.detail } : part
    case 'failed':
      return {
        ...part,
        detail: message.message,
        trouble: { code: message.code, message: message.message, next: message.next },
      }
  }
}

function bury(part: PartRecord, detail: string, now: number, random: number): PartRecord {
  const gone = { ...part, pid: null, killed: false, drainUntil: Number.POSITIVE_INFINITY }
  if (part.state === 'draining') return { ...gone, state: advance(part.state, 'exited'), detail: null, retryAt: now }
  const circumstances = {
    exits: part.exits,
    ranMs: now - part.startedAt,
    permanent: part.trouble !== undefined,
    backOff: part.pid === null ? LOOK_BACK_OFF : RESTART_BACK_OFF,
  }
  const { exits, failed, waitMs } = planRestart(circumstances, random)
  return {
    ...gone,
    state: advance(part.state, failed ? 'gave-up' : 'exited'),
    // How a part that we killed ended is known; why we did is what counts.
    detail: part.trouble?.message ?? (part.killed ? (part.detail ?? detail) : detail),
    exits,
    retryAt: waitMs === undefined ? Number.POSITIVE_INFINITY : now + waitMs,
  }
}
