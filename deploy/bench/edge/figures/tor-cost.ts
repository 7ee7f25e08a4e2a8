import type { Effort, Figure, Row } from '../../figure.ts'
import { median } from '../../statistics.ts'
import type { CordonOnLab } from '../cordon-on-lab.ts'
import { readCpuSeconds, readPssKiB } from '../process-cost.ts'

/** So many that 10 ms, the unit of processor time, is little; tor itself builds 32 at a time. */
const CIRCUITS = 200
const AT_ONCE = 32
const STREAMS = 400
const BYTES = 100_000_000

/** What tor itself spends on a circuit, a stream and a megabyte: of the one thread that all apps share. */
export async function measureTorCost(lab: CordonOnLab, { rounds, say }: Effort): Promise<Figure> {
  const pid = await lab.torPid()
  const cpuOf = async (work: () => Promise<unknown>): Promise<number> => {
    const before = readCpuSeconds(pid)
    await work()
    return (readCpuSeconds(pid) - before) * 1000
  }
  const circuit: number[] = []
  const memory: number[] = []
  const stream: number[] = []
  const megabyte: number[] = []
  for (let round = 1; round <= rounds; round++) {
    say(`tor-cost, round ${round} of ${rounds}`)
    const credentialsOf = (index: number) => ({ user: `cost-${round}-${index}`, password: '' })
    const fresh = Array.from({ length: CIRCUITS }, (_, index) => lab.plan('tor', credentialsOf(index), 1))
    const idle = readPssKiB(pid)
    circuit.push((await cpuOf(() => lab.load.run(fresh, AT_ONCE, { hold: true }))) / CIRCUITS)
    memory.push((readPssKiB(pid) - idle) / CIRCUITS)
    await lab.load.release()
    const again = Array.from({ length: STREAMS }, () => lab.plan('tor', credentialsOf(0), 1))
    stream.push((await cpuOf(() => lab.load.run(again, AT_ONCE))) / STREAMS)
    const bulk = lab.plan('tor', credentialsOf(0), BYTES)
    megabyte.push((await cpuOf(() => lab.load.run([bulk], 1))) / (BYTES / 1e6))
  }
  return {
    name: 'tor-cost',
    title: 'what tor spends, of its one thread',
    rows: [
      row('a new circuit with its first stream', 'ms', circuit),
      row('a further stream on it', 'ms', stream),
      row('a megabyte towards the app', 'ms', megabyte),
      { what: 'memory of an open circuit with a stream', unit: 'KiB', ours: Math.max(...memory) },
    ],
    notes: [
      `processor time of the client's tor alone; ${CIRCUITS} circuits of three hops, ${AT_ONCE} at a time, ${STREAMS} streams`,
      'the memory is the most of all rounds: later ones use what tor has kept of earlier ones',
    ],
  }
}

const row = (what: string, unit: string, values: readonly number[]): Row => ({ what, unit, ours: median(values) })
