import type { Probe } from './probes.ts'

/** What became of one probe, as the one who tried saw it. `detail` is a word such as an error code. */
export interface ProbeResult {
  readonly name: string
  readonly outcome: 'refused' | 'answered' | 'sent'
  readonly detail: string
}

/** What the whole test found. */
export interface LeakReport {
  readonly verdict: 'tight' | 'leaks' | 'unknown'
  readonly probes: readonly (ProbeResult & { readonly leaks: boolean })[]
  /** Packets of the probes that a capture outside saw, or null where none could be made. */
  readonly packetsOutside: number | null
}

/**
 * Judge the results of all probes; one that is missing is unknown, and unknown is not tight.
 *
 * Names are answered inside, on purpose: nothing of them leaves but by the app's port, and the answer is a virtual
 * address. For every other probe an answer, or silence, means that something was there to send to.
 */
export function judgeProbes(
  probes: readonly Probe[],
  results: readonly ProbeResult[],
  packetsOutside: number | null,
): LeakReport {
  const judged = probes.flatMap(probe => {
    const result = results.find(({ name }) => name === probe.name)
    return result === undefined ? [] : [{ ...result, leaks: leaks(probe, result) }]
  })
  const isLeaking = judged.some(one => one.leaks) || (packetsOutside ?? 0) > 0
  const verdict = isLeaking ? 'leaks' : judged.length < probes.length ? 'unknown' : 'tight'
  return { verdict, probes: judged, packetsOutside }
}

const leaks = ({ way }: Probe, { outcome }: ProbeResult): boolean =>
  way === 'dns' || way === 'name' ? outcome === 'sent' : outcome !== 'refused'

/** Read what the probes printed, or return undefined for what is not theirs. */
export function parseResults(text: string): readonly ProbeResult[] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) && value.every(isResult) ? value : undefined
  } catch {
    return undefined
  }
}

function isResult(value: unknown): value is ProbeResult {
  if (typeof value !== 'object' || value === null || !('name' in value) || !('outcome' in value)) return false
  return typeof value.name === 'string' && ['refused', 'answered', 'sent'].includes(String(value.outcome))
}

/** Format a report for people: one line a probe. */
export function formatReport({ verdict, probes, packetsOutside }: LeakReport): string {
  const width = Math.max(...probes.map(({ name }) => name.length))
  const lines = probes.map(
    ({ name, outcome, detail, leaks }) =>
      `  ${leaks ? 'LEAKS' : 'held '}  ${name.padEnd(width)}  ${outcome} (${detail})`,
  )
  const outside =
    packetsOutside === null
      ? 'No capture outside: that needs CAP_NET_RAW (run it as root).'
      : `A capture outside saw ${packetsOutside} packets of the probes.`
  return `${lines.join('\n')}\n${outside}\n${VERDICTS[verdict]}\n`
}

const VERDICTS: Readonly<Record<LeakReport['verdict'], string>> = {
  tight: 'tight: nothing got out but by the app’s own port',
  leaks: 'LEAKS: see the lines above',
  unknown: 'unknown: not every probe could be tried',
}
