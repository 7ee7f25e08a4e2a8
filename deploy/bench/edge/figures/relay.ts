import { join } from 'node:path'
import type { Effort, Figure, Row } from '../../figure.ts'
import { compareRounds, median } from '../../statistics.ts'
import { startGateway } from '../gateway-alone.ts'
import { startDanted, startMicrosocks } from '../other-relays.ts'
import { readCpuSeconds } from '../process-cost.ts'
import type { StreamPlan } from '../stream-batch.ts'
import { Workplace } from '../workplace.ts'

/** Half a second at 1 GB/s: above the noise of starting, below a person's patience. */
const BYTES = 512_000_000

/** microsocks copies 1 KiB at a time, several times slower: less is as telling. */
const MICROSOCKS_BYTES = 128_000_000

type Direction = 'download' | 'upload'

interface Relay {
  readonly name: string
  readonly pid: number | undefined
  readonly bytes: number
  readonly route: Pick<StreamPlan, 'proxy' | 'host' | 'port'>
}

interface Sample {
  readonly gbPerSecond: number
  readonly cpuPerGb: number
}

/** The gateway alone, one stream on loopback, against the better of microsocks and danted. */
export async function measureRelay({ rounds, say }: Effort): Promise<Figure> {
  await using work = await Workplace.open()
  const relays = await startRelays(work)
  const rows: Row[] = []
  for (const direction of ['download', 'upload'] as const) {
    const samples = new Map<string, Sample[]>(relays.map(({ name }) => [name, []]))
    for (let round = 1; round <= rounds; round++) {
      say(`relay, ${direction}, round ${round} of ${rounds}`)
      for (const relay of relays) samples.get(relay.name)?.push(await transfer(work, relay, direction))
    }
    rows.push(...compare(direction, samples))
  }
  return {
    name: 'relay',
    title: 'the gateway alone, one stream on loopback',
    rows,
    notes: [
      `${BYTES / 1e6} MB a transfer (microsocks ${MICROSOCKS_BYTES / 1e6} MB), client and far side in processes of their own`,
      'the gateway reaches the far side over AF_UNIX, behind a stand-in for tor; microsocks and danted over TCP',
      'throughput depends on what else the machine does; processor time per GB depends on it less',
    ],
  }
}

async function startRelays(work: Workplace): Promise<readonly Relay[]> {
  const { programs, directory, socksPath } = work
  const gateway = await startGateway(programs, { directory: join(directory, 'gateway'), socksPath, apps: ['bench'] })
  const danted = await startDanted(programs, directory)
  const microsocks = await startMicrosocks(programs)
  const site = { host: '127.0.0.1', port: work.sitePort }
  const app = { proxy: { port: gateway.apps[0]?.port ?? 0 }, host: 'site.example', port: 80 }
  return [
    { name: 'gateway', pid: gateway.pid, bytes: BYTES, route: app },
    { name: 'danted', pid: danted.pid, bytes: BYTES, route: { proxy: { port: danted.port }, ...site } },
    {
      name: 'microsocks',
      pid: microsocks.pid,
      bytes: MICROSOCKS_BYTES,
      route: { proxy: { port: microsocks.port }, ...site },
    },
    { name: 'no relay', pid: undefined, bytes: BYTES, route: { proxy: undefined, ...site } },
  ]
}

async function transfer(work: Workplace, { pid, bytes, route }: Relay, direction: Direction): Promise<Sample> {
  const task =
    direction === 'download' ? { hello: `send ${bytes}\n` } : { hello: `take ${bytes}\n`, uploadBytes: bytes }
  const before = pid === undefined ? 0 : readCpuSeconds(pid)
  const { seconds } = await work.load.run([{ ...route, ...task }], 1)
  const cpuSeconds = pid === undefined ? 0 : readCpuSeconds(pid) - before
  return { gbPerSecond: bytes / seconds / 1e9, cpuPerGb: (cpuSeconds / bytes) * 1e9 }
}

function compare(direction: Direction, samples: ReadonlyMap<string, readonly Sample[]>): readonly Row[] {
  const of = (name: string): readonly Sample[] => samples.get(name) ?? []
  const middle = (name: string): number => median(of(name).map(({ gbPerSecond }) => gbPerSecond))
  const better = middle('danted') >= middle('microsocks') ? 'danted' : 'microsocks'
  const pairs = (key: keyof Sample) =>
    compareRounds(
      of('gateway').map((ours, at) => ({ ours: ours[key], reference: of(better)[at]?.[key] ?? Number.NaN })),
    )
  const speed = pairs('gbPerSecond')
  const cost = pairs('cpuPerGb')
  const other = better === 'danted' ? 'microsocks' : 'danted'
  const plain = (name: string): Row => ({ what: `  ${name}, for comparison`, unit: 'GB/s', ours: middle(name) })
  return [
    {
      what: direction,
      unit: 'GB/s',
      ours: speed.ours,
      reference: { name: better, value: speed.reference },
      ratio: speed.ratio,
      budget: { atLeast: 1.2 },
    },
    {
      what: '  processor time of the relay',
      unit: 's/GB',
      ours: cost.ours,
      reference: { name: better, value: cost.reference },
      ratio: cost.ratio,
    },
    plain(other),
    plain('no relay'),
  ]
}
