import type { ClockPoint, ClockSource, ClockStatus, ClockSummary } from '@cordon/shared/contracts'
import { formatPlot } from './clock-plot.ts'
import { EXIT, type ExitStatus } from './complaint.ts'
import type { Mark, Palette } from './palette.ts'
import { formatTable } from './table.ts'

const MARKS = { trusted: 'good', stale: 'waiting', untrusted: 'bad' } as const satisfies Record<string, Mark>
const VERDICT_MARKS = {
  truechimer: 'good',
  falseticker: 'bad',
  failed: 'waiting',
  asking: 'quiet',
} as const satisfies Record<ClockSource['verdict'], Mark>

/** Format an offset with its sign, in seconds. Positive: the sources are ahead of this clock. */
export const formatOffset = (ms: number): string => `${ms < 0 ? '-' : '+'}${(Math.abs(ms) / 1000).toFixed(3)} s`

/** Format the clock in one line, for the status of the whole. */
export function formatClockSummary({ state, offsetMs, boundMs }: ClockSummary, palette: Palette): string {
  const measured = offsetMs === null || boundMs === null ? '' : `, ${formatMeasured(offsetMs, boundMs)}`
  return `clock ${palette(MARKS[state], state)}${measured}`
}

const formatMeasured = (offsetMs: number, boundMs: number): string =>
  `was off by ${formatOffset(offsetMs)} ± ${(boundMs / 1000).toFixed(3)} s`

/** Format the clock for people: how far it is trusted, what was decided and why, each source, and the last day. */
export function formatClock(status: ClockStatus, points: readonly ClockPoint[], palette: Palette): string {
  const { state, offsetMs, boundMs, ageSeconds, decision, discipline, nextSeconds, measuring, floor } = status
  const measured =
    offsetMs === null || boundMs === null || ageSeconds === null
      ? 'nothing was measured yet'
      : `${formatMeasured(offsetMs, boundMs)}, ${formatDuration(ageSeconds)} ago`
  const next = measuring
    ? 'a round is running'
    : nextSeconds === null
      ? 'no round is planned: tor has no circuit yet'
      : `in ${formatDuration(nextSeconds)}`
  const lines = [
    `${palette(MARKS[state], '●')} the clock is ${palette(MARKS[state], state)}: ${measured}`,
    `  last round  ${decision.why}`,
    ...(decision.next === null ? [] : [`  next step   ${decision.next}`]),
    `  corrected   ${discipline.by === 'report' ? `by nobody: ${discipline.why}` : `${discipline.by}: ${discipline.why}`}`,
    `  next round  ${next}`,
    ...(floor === null ? [] : [`  floor       ${floor.slice(0, 19)}Z: what lies before is not believed`]),
  ]
  const blocks = [lines.join('\n')]
  if (status.sources.length > 0) blocks.push(formatSources(status.sources, palette))
  if (points.length > 1) blocks.push(formatPlot(points))
  return `${blocks.join('\n\n')}\n`
}

/** Format what each source said. */
function formatSources(sources: readonly ClockSource[], palette: Palette): string {
  const rows = sources
    .toSorted((a, b) => a.pool.localeCompare(b.pool) || a.operator.localeCompare(b.operator))
    .map(({ pool, operator, offsetMs, boundMs, verdict, reason, requests }) => [
      pool,
      operator,
      offsetMs === null ? '' : formatOffset(offsetMs),
      boundMs === null ? '' : `${(boundMs / 1000).toFixed(3)} s`,
      String(requests),
      palette(VERDICT_MARKS[verdict], verdict),
      reason ?? '',
    ])
  return formatTable(['pool', 'operator', 'offset>', 'bound>', 'requests>', 'verdict', ''], rows)
}

/** Say how far a round is, on one line. */
export function formatRoundProgress({ sources, measuring }: ClockStatus): string {
  if (!measuring || sources.length === 0) return 'the round begins'
  const answered = sources.filter(({ verdict, offsetMs }) => verdict === 'failed' || offsetMs !== null).length
  return `${answered} of ${sources.length} sources have been measured`
}

/** The exit status of `cordon clock sync`: not ready means that nothing could be established, and nothing was moved. */
export function exitStatusOfSync({ decision }: ClockStatus): ExitStatus {
  if (decision.verdict === 'failed') return EXIT.failed
  return decision.verdict === 'refused' || decision.verdict === 'none' ? EXIT.notReady : EXIT.done
}

/** Format a number of seconds in its two largest units. */
export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
