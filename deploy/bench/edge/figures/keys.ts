import type { Effort, Figure, Row } from '../../figure.ts'
import { compareRounds, quantile, type Round } from '../../statistics.ts'
import { type CordonOnLab, orderOf, type Way } from '../cordon-on-lab.ts'

/** RES-01 of ACCEPTANCE.md. */
const KEYS = 200

/** New isolation keys at once, so as many new circuits, through an app port against bare tor. */
export async function measureKeys(lab: CordonOnLab, { rounds, say }: Effort): Promise<Figure> {
  const middle: Round[] = []
  const slowest: Round[] = []
  const failed: Record<Way, number> = { app: 0, tor: 0 }
  for (let round = 1; round <= rounds; round++) {
    say(`keys, round ${round} of ${rounds}`)
    const times: Record<Way, number[]> = { app: [], tor: [] }
    for (const way of orderOf(round)) {
      const plans = Array.from({ length: KEYS }, (_, index) => {
        const user = `key-${round}-${index}`
        return lab.plan(way, { user, password: user }, 1)
      })
      const { streams } = await lab.load.tryBatch({ plans, atOnce: KEYS })
      times[way] = streams.flatMap(stream => (stream.ok ? [stream.firstByteMs] : []))
      failed[way] += KEYS - times[way].length
    }
    middle.push({ ours: quantile(times.app, 0.5), reference: quantile(times.tor, 0.5) })
    slowest.push({ ours: quantile(times.app, 1), reference: quantile(times.tor, 1) })
  }
  return {
    name: 'keys',
    title: `${KEYS} new isolation keys at once on the lab`,
    rows: [
      row('p50', middle, 1.2),
      row('slowest', slowest, 1.5),
      {
        what: `failed, of ${KEYS * rounds}`,
        unit: '',
        ours: failed.app,
        reference: { name: 'tor', value: failed.tor },
        budget: { atMost: 0 },
      },
    ],
    notes: ['one GET /1 a key, to its first byte; ways take turns; the circuits of earlier rounds stay in tor'],
  }
}

function row(what: string, rounds: readonly Round[], atMost: number): Row {
  const { ours, reference, ratio } = compareRounds(rounds)
  return { what, unit: 'ms', ours, reference: { name: 'tor', value: reference }, ratio, budget: { atMost } }
}
