import type { PartName } from '@cordon/shared/contracts'
import type { PartRecord, Supervision } from './supervision.ts'

/** What began or ended for one part, as its spans tell it. */
export type PartTurn =
  | {
      readonly part: PartName
      readonly type: 'begin'
      readonly span: 'part.start' | 'part.stop'
      readonly attempt: number
    }
  | { readonly part: PartName; readonly type: 'end'; readonly outcome: 'ok' | 'failed' | 'cut' }
  /** It ended and nobody wanted that. */
  | { readonly part: PartName; readonly type: 'died' }

/** Read from two states of the supervision what the parts did between them. */
export const listTurns = (before: Supervision, after: Supervision): readonly PartTurn[] =>
  after.parts.flatMap((part, at) => turnsOf(before.parts[at] ?? part, part))

function turnsOf(before: PartRecord, after: PartRecord): readonly PartTurn[] {
  const part = after.definition.name
  const attempt = after.exits + 1
  if (before.state === after.state) return []
  switch (after.state) {
    case 'starting':
      return [{ part, type: 'begin', span: 'part.start', attempt }]
    case 'draining':
      return [
        ...(before.state === 'starting' ? [{ part, type: 'end', outcome: 'cut' } as const] : []),
        { part, type: 'begin', span: 'part.stop', attempt },
      ]
    case 'ready':
      return before.state === 'starting' ? [{ part, type: 'end', outcome: 'ok' }] : []
    case 'silent':
      return []
    case 'down':
    case 'failed':
      if (before.state === 'starting') return [{ part, type: 'end', outcome: 'failed' }]
      if (before.state === 'draining') return [{ part, type: 'end', outcome: before.killed ? 'cut' : 'ok' }]
      return before.state === 'ready' || before.state === 'silent' ? [{ part, type: 'died' }] : []
  }
}
