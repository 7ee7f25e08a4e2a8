import type { PartStatus } from '@cordon/shared/contracts'

/** The actual state of one part. */
export type PartState = PartStatus['state']

/** What can happen to one part. */
export type PartEvent = 'start' | 'announced-ready' | 'fell-silent' | 'answered' | 'stop' | 'exited' | 'gave-up'

/** The whole life cycle of one part. A missing cell means "ignore". */
export const TRANSITIONS: Readonly<Record<PartState, Partial<Record<PartEvent, PartState>>>> = {
  down: { start: 'starting', 'gave-up': 'failed' },
  starting: { 'announced-ready': 'ready', stop: 'draining', exited: 'down', 'gave-up': 'failed' },
  ready: { 'fell-silent': 'silent', stop: 'draining', exited: 'down', 'gave-up': 'failed' },
  silent: { answered: 'ready', stop: 'draining', exited: 'down', 'gave-up': 'failed' },
  draining: { exited: 'down' },
  failed: { start: 'starting', stop: 'down' },
}

/** Tell the state after `event`. */
export const advance = (state: PartState, event: PartEvent): PartState => TRANSITIONS[state][event] ?? state

/** Draw the table as a Mermaid state diagram, as README.md shows it. */
export function drawLifeCycle(): string {
  const edges = Object.entries(TRANSITIONS).flatMap(([from, cells]) =>
    Object.entries(cells).map(([event, to]) => `  ${from} --> ${to}: ${event}`),
  )
  return ['stateDiagram-v2', '  [*] --> down', ...edges].join('\n')
}
