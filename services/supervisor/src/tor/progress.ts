import type { TorEvent } from '@cordon/shared/tor-control'

/** How far tor has come, as its own events say. */
export interface TorProgress {
  readonly version: string | undefined
  readonly percent: number
  readonly tag: string
  readonly summary: string
  /** The newest problem of this phase, in tor's words and keyword; both go when tor moves on. */
  readonly warning: string | undefined
  readonly reason: string | undefined
  /** From unauthenticated sources: to diagnose with, never to obey. Positive: our clock is ahead. */
  readonly skewSeconds: number | undefined
  readonly circuitEstablished: boolean
  /** Monotonic milliseconds of the last step forward. */
  readonly movedAt: number
}

/** A tor of which nothing is known. */
export const beginProgress = (now: number): TorProgress => ({
  version: undefined,
  percent: 0,
  tag: 'starting',
  summary: 'Starting',
  warning: undefined,
  reason: undefined,
  skewSeconds: undefined,
  circuitEstablished: false,
  movedAt: now,
})

/** Take in one event. Events that say nothing of bootstrap leave everything as it is. */
export function observe(before: TorProgress, event: TorEvent, now: number): TorProgress {
  switch (event.type) {
    case 'bootstrap': {
      const { progress, tag, summary, warning, reason } = event.phase
      const moved = progress !== before.percent || tag !== before.tag
      const problem = {
        warning: warning ?? (moved ? undefined : before.warning),
        reason: reason ?? (moved ? undefined : before.reason),
      }
      return { ...before, percent: progress, tag, summary, ...problem, movedAt: moved ? now : before.movedAt }
    }
    case 'status':
      if (event.action === 'CIRCUIT_ESTABLISHED') {
        return { ...before, circuitEstablished: true, warning: undefined, reason: undefined, skewSeconds: undefined }
      }
      if (event.action === 'CIRCUIT_NOT_ESTABLISHED') {
        return { ...before, circuitEstablished: false, movedAt: before.circuitEstablished ? now : before.movedAt }
      }
      if (event.action === 'CLOCK_SKEW') return { ...before, skewSeconds: event.skewSeconds }
      return before
    default:
      return before
  }
}
