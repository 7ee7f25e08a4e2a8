import type { Effort, Figure, Row } from '../../figure.ts'
import { compareRounds, quantile } from '../../statistics.ts'
import { type CordonOnLab, orderOf, type Way } from '../cordon-on-lab.ts'

const SINGLE_PAIRS = 50
const BURST = 100
const BURST_PAIRS = 3

type Samples = Record<Way, number[]>

/** Time to the first byte of an answer through an app port, against tor's own SocksPort. */
export async function measureLatency(lab: CordonOnLab, { rounds, say }: Effort): Promise<Figure> {
  const singles: Samples[] = []
  const bursts: Samples[] = []
  for (let round = 1; round <= rounds; round++) {
    say(`latency, round ${round} of ${rounds}`)
    const credentials = await lab.openCircuit(`latency-${round}`)
    const ask = async (way: Way, count: number): Promise<number[]> => {
      const plan = lab.plan(way, credentials, 1)
      const { streams } = await lab.load.run(Array(count).fill(plan), count)
      return streams.map(({ firstByteMs }) => firstByteMs)
    }
    const takeTurns = async (pairs: number, count: number): Promise<Samples> => {
      const samples: Samples = { app: [], tor: [] }
      for (let pair = 0; pair < pairs; pair++) {
        for (const way of orderOf(pair)) samples[way].push(...(await ask(way, count)))
      }
      return samples
    }
    singles.push(await takeTurns(SINGLE_PAIRS, 1))
    bursts.push(await takeTurns(BURST_PAIRS, BURST))
  }
  return {
    name: 'latency',
    title: 'time to first byte on the lab',
    rows: [
      compare('one at a time, p50', singles, 0.5, 1.03),
      compare('one at a time, p99', singles, 0.99, 1.1),
      compare(`${BURST} at once, p50`, bursts, 0.5, 1.03),
      compare(`${BURST} at once, p99`, bursts, 0.99, 1.1),
    ],
    notes: [
      'from connect(2) to the first byte of the answer to GET /1, on a circuit that stands; ways take turns',
      `each round has new circuits, one for each way; ${SINGLE_PAIRS} single and ${BURST_PAIRS * BURST} burst streams each way`,
    ],
  }
}

function compare(what: string, rounds: readonly Samples[], q: number, atMost: number): Row {
  const { ours, reference, ratio } = compareRounds(
    rounds.map(({ app, tor }) => ({ ours: quantile(app, q), reference: quantile(tor, q) })),
  )
  return { what, unit: 'ms', ours, reference: { name: 'tor', value: reference }, ratio, budget: { atMost } }
}
