import type { Effort, Figure, Row } from '../../figure.ts'
import { compareRounds } from '../../statistics.ts'
import { type CordonOnLab, orderOf, type Way } from '../cordon-on-lab.ts'
import type { Credentials } from '../stream-batch.ts'

/** Near two seconds each at what LAB.md measured: 14 MB/s for one stream, 31 MB/s for eight circuits. */
const ONE_BYTES = 24_000_000
const EIGHT_BYTES = 8_000_000
const CIRCUITS = 8

/** Bulk downloads through an app port, against tor's own SocksPort. */
export async function measureThroughput(lab: CordonOnLab, { rounds, say }: Effort): Promise<Figure> {
  const download = async (way: Way, circuits: readonly Credentials[], bytes: number): Promise<number> => {
    const plans = circuits.map(credentials => lab.plan(way, credentials, bytes))
    const { seconds } = await lab.load.run(plans, plans.length)
    return (bytes * circuits.length) / seconds / 1e6
  }
  const compare = async (what: string, circuits: number, bytes: number): Promise<Row> => {
    const samples: Record<Way, number>[] = []
    for (let round = 1; round <= rounds; round++) {
      say(`throughput, ${what}, round ${round} of ${rounds}`)
      const open: Credentials[] = []
      while (open.length < circuits) open.push(await lab.openCircuit(`bulk-${circuits}-${round}-${open.length}`))
      const sample: Record<Way, number> = { app: 0, tor: 0 }
      // Twice, forth and back, so that what a circuit learns on its way is shared out.
      for (const way of [...orderOf(round), ...orderOf(round + 1)]) sample[way] += await download(way, open, bytes)
      samples.push(sample)
    }
    const sides = samples.map(({ app, tor }) => ({ ours: app / 2, reference: tor / 2 }))
    const { ours, reference, ratio } = compareRounds(sides)
    return {
      what,
      unit: 'MB/s',
      ours,
      reference: { name: 'tor', value: reference },
      ratio,
      budget: { atLeast: 0.98 },
    }
  }
  return {
    name: 'throughput',
    title: 'bulk download on the lab',
    rows: [
      await compare('one stream', 1, ONE_BYTES),
      await compare(`${CIRCUITS} circuits at once`, CIRCUITS, EIGHT_BYTES),
    ],
    notes: [
      `${ONE_BYTES / 1e6} MB, and ${CIRCUITS} × ${EIGHT_BYTES / 1e6} MB; each round has new circuits for each way`,
      'all relays of the lab share this machine: what limits is their processor time, and the gateway takes part of it',
    ],
  }
}
