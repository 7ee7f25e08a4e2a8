import type { PartStatus, Status } from '@cordon/shared/contracts'
import { LAB_WARNING, TRY_LAB } from './status-view.ts'

/** What `cordon up` has told so far. */
export interface Told {
  readonly states: Readonly<Record<string, string>>
  readonly cause: string | null
  readonly network: boolean
}

export const NOTHING_TOLD: Told = { states: {}, cause: null, network: false }

/** New lines to print for good, and the one line that may be overwritten. */
export interface Progress {
  readonly told: Told
  readonly lines: readonly string[]
  readonly waitingFor: string
}

/** Compare the status with what was told, and say what is new: a line a part, a line a cause, nothing twice. */
export function planProgress(told: Told, status: Status): Progress {
  const changed = status.parts.filter(({ name, state, detail }) => told.states[name] !== stamp(state, detail))
  const { cause, next } = status.tor
  const causeIsNew = cause !== null && cause !== told.cause
  return {
    told: {
      states: Object.fromEntries(status.parts.map(({ name, state, detail }) => [name, stamp(state, detail)])),
      // A cause that comes and goes is told once; one that comes back after all was well is news.
      cause: cause ?? (status.state === 'ready' ? null : told.cause),
      network: true,
    },
    lines: [
      ...(told.network || status.network !== 'lab' ? [] : [LAB_WARNING]),
      ...changed.flatMap(describeChange),
      ...(causeIsNew ? [`tor waits: ${cause}`, ...(next === null ? [] : [`  next: ${next}`])] : []),
      ...(causeIsNew && status.network === 'tor' ? [`  ${TRY_LAB}`, '  Cordon keeps trying.'] : []),
    ],
    waitingFor: status.parts
      .filter(({ state }) => state !== 'ready')
      .map(({ name, state, detail }) => `${name} ${detail ?? state}`)
      .join('; '),
  }
}

/** While a part starts, its detail changes all the time and belongs on the line that is overwritten. */
const stamp = (state: PartStatus['state'], detail: string | null): string =>
  state === 'failed' || state === 'down' ? `${state} ${detail ?? ''}` : state

function describeChange({ name, state, detail }: PartStatus): readonly string[] {
  switch (state) {
    case 'ready':
      return [`${name} is ready`]
    case 'failed':
      return [`${name} failed: ${detail ?? 'for no known reason'}`]
    case 'silent':
      return [`${name} does not answer and is replaced if it stays so`]
    case 'down':
      return detail === null ? [] : [`${name} is down and starts again: ${detail}`]
    case 'starting':
    case 'draining':
      return []
  }
}
