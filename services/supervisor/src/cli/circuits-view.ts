import type { Circuits, CircuitView, StreamView } from '@cordon/shared/contracts'
import type { Palette } from './palette.ts'
import { formatBytes, formatDuration } from './quantity.ts'

/** Format which app's streams are on which circuit, and through which relays: the proof that none is shared. */
export function formatCircuits({ apps }: Circuits, network: 'tor' | 'lab', palette: Palette): string {
  const title = network === 'lab' ? [palette('loud', ' LAB: these are not Tor circuits. ')] : []
  // Cordon's own are rarely busy: silent ones would hide the apps that a person asks about.
  const shown = apps.filter(
    ({ own, circuits, streams }) => !own || apps.length === 1 || circuits.length + streams.length > 0,
  )
  if (shown.length === 0) return 'No apps yet: cordon apps add NAME\n'
  const blocks = shown.map(({ id, own, nymEpoch, circuits, streams }) => {
    const waiting = streams.filter(({ circuit }) => circuit === null)
    const lines = circuits.flatMap(circuit => formatCircuit(circuit, streams, palette))
    return [
      `${id} ${palette('quiet', `${own ? 'Cordon’s own, ' : ''}nym epoch ${nymEpoch}`)}`,
      ...(circuits.length === 0 ? ['  no circuits'] : lines),
      ...(waiting.length === 0 ? [] : [`  not attached yet: ${waiting.map(formatStream).join(', ')}`]),
    ].join('\n')
  })
  return `${[...title, ...blocks].join('\n\n')}\n`
}

function formatCircuit(circuit: CircuitView, streams: readonly StreamView[], palette: Palette): readonly string[] {
  // tor says ?? where it does not know the country.
  const hops = circuit.hops.map(({ nickname, country }) =>
    /^[a-z]{2}$/i.test(country) ? `${nickname} (${country})` : nickname,
  )
  const set = circuit.group === circuit.id ? '' : `, conflux set ${circuit.group}`
  const attached = streams.filter(stream => stream.circuit === circuit.id)
  const facts = `${circuit.state.toLowerCase()}${set}${formatAge(circuit.ageSeconds)}${formatPassed(circuit)}`
  const head = `  circuit ${circuit.id} ${palette('quiet', facts)}  ${hops.join(' > ')}`
  return attached.length === 0 ? [head] : [head, `    streams: ${attached.map(formatStream).join(', ')}`]
}

const formatStream = ({ id, state }: StreamView): string => `${id} ${state.toLowerCase()}`

const formatAge = (seconds: number | null): string => (seconds === null ? '' : `, ${formatDuration(seconds)} old`)

/** Nothing is said of a circuit that waits to be used. */
const formatPassed = ({ bytesRead, bytesWritten }: CircuitView): string =>
  bytesRead + bytesWritten === 0 ? '' : `, ${formatBytes(bytesRead)} in, ${formatBytes(bytesWritten)} out`
