import { join } from 'node:path'
import type { Effort, Figure, Row } from '../../figure.ts'
import { compareRounds, median, quantile, type Round } from '../../statistics.ts'
import { type GatewayAlone, startGateway } from '../gateway-alone.ts'
import { readCpuSeconds } from '../process-cost.ts'
import { Workplace } from '../workplace.ts'

/** One gateway with telemetry, and two without: how much these two differ is what the run cannot tell apart. */
const SIDES = ['on', 'off', 'off again'] as const
type Side = (typeof SIDES)[number]

/** Many short turns, so that what else the machine does meets all sides alike: a tenth of a second at 1 GB/s each. */
const TURNS = 9
const BYTES = 96_000_000
const STREAMS = 100
const STREAM_BYTES = 1024
const WARM_UP = 1000

interface Sample {
  readonly gbPerSecond: number
  readonly p50: number
  readonly cpuMicroseconds: number
}

/** What telemetry costs the gateway: on against off, in turns. */
export async function measureTelemetry({ rounds, say }: Effort): Promise<Figure> {
  const samples: Record<Side, Sample>[] = []
  for (let round = 1; round <= rounds; round++) {
    say(`telemetry, round ${round} of ${rounds}`)
    samples.push(await measureRound(round))
  }
  const compare = (key: keyof Sample, ours: Side, reference: Side): Round & Required<Pick<Row, 'ratio'>> =>
    compareRounds(samples.map(sample => ({ ours: sample[ours][key], reference: sample[reference][key] })))
  const rowsOf = (what: string, unit: string, key: keyof Sample, budget?: Row['budget']): readonly Row[] => {
    const cost = compare(key, 'on', 'off')
    const noise = compare(key, 'off again', 'off')
    return [
      {
        ...{ what, unit, ours: cost.ours, ratio: cost.ratio, reference: { name: 'off', value: cost.reference } },
        ...(budget === undefined ? {} : { budget }),
      },
      {
        ...{ what: '  off against off', unit, ours: noise.ours, ratio: noise.ratio },
        reference: { name: 'off', value: noise.reference },
      },
    ]
  }
  return {
    name: 'telemetry',
    title: 'what telemetry costs the gateway',
    rows: [
      ...rowsOf('download', 'GB/s', 'gbPerSecond', { atLeast: 0.98 }),
      ...rowsOf('short stream to its first byte, p50', 'ms', 'p50', { atMost: 1.01 }),
      ...rowsOf('processor time of a short stream', 'µs', 'cpuMicroseconds'),
    ],
    notes: [
      'Cordon is the gateway with telemetry, the reference the same program with telemetry that does nothing',
      'off against off is what the run cannot tell apart: a cost within its spread is none that was measured',
      `${TURNS} × ${BYTES / 1e6} MB and ${TURNS} × ${STREAMS} streams a side and round, one at a time; the sides take turns`,
      'each round has gateways of its own: two of the same program differ for as long as they live',
      'no tor is behind it: through Tor the same microseconds meet a time that is hundreds of times longer',
    ],
  }
}

async function startSides({
  programs,
  directory,
  socksPath,
}: Workplace): Promise<Readonly<Record<Side, GatewayAlone>>> {
  const start = (name: string, telemetry: 'on' | 'off'): Promise<GatewayAlone> =>
    startGateway(programs, { directory: join(directory, name), socksPath, apps: ['bench'], telemetry })
  return { on: await start('on', 'on'), off: await start('off', 'off'), 'off again': await start('off-again', 'off') }
}

async function measureRound(round: number): Promise<Record<Side, Sample>> {
  await using work = await Workplace.open()
  const gateways = await startSides(work)
  for (const side of orderOf(round)) await openShort(work, gateways[side], WARM_UP)
  const times: Record<Side, number[]> = { on: [], off: [], 'off again': [] }
  const speeds: Record<Side, number[]> = { on: [], off: [], 'off again': [] }
  const cpu: Record<Side, number> = { on: 0, off: 0, 'off again': 0 }
  for (let turn = 0; turn < TURNS; turn++) {
    for (const side of orderOf(round + turn)) {
      const before = readCpuSeconds(gateways[side].pid)
      times[side].push(...(await openShort(work, gateways[side], STREAMS)))
      cpu[side] += readCpuSeconds(gateways[side].pid) - before
    }
    for (const side of orderOf(round + turn)) speeds[side].push(await download(work, gateways[side]))
  }
  const sample = (side: Side): Sample => ({
    gbPerSecond: median(speeds[side]),
    p50: quantile(times[side], 0.5),
    cpuMicroseconds: (cpu[side] / (TURNS * STREAMS)) * 1e6,
  })
  return { on: sample('on'), off: sample('off'), 'off again': sample('off again') }
}

/** Let each side be first, second and last in turn, and follow each of the others. */
const orderOf = (turn: number): readonly Side[] => {
  const order = SIDES.map((_, at) => SIDES[(at + turn) % SIDES.length] ?? 'on')
  return turn % 2 === 0 ? order : order.toReversed()
}

const routeTo = ({ apps }: GatewayAlone) =>
  ({ proxy: { port: apps[0]?.port ?? 0 }, host: 'site.example', port: 80 }) as const

async function openShort({ load }: Workplace, gateway: GatewayAlone, count: number): Promise<readonly number[]> {
  const plan = { ...routeTo(gateway), hello: `send ${STREAM_BYTES}\n` }
  const { streams } = await load.run(Array(count).fill(plan), 1)
  return streams.map(({ firstByteMs }) => firstByteMs)
}

async function download({ load }: Workplace, gateway: GatewayAlone): Promise<number> {
  const { seconds } = await load.run([{ ...routeTo(gateway), hello: `send ${BYTES}\n` }], 1)
  return BYTES / seconds / 1e9
}
