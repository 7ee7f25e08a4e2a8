import { join } from 'node:path'
import type { Effort, Figure, Row } from '../../figure.ts'
import { compareRounds, type Round } from '../../statistics.ts'
import { startGateway } from '../gateway-alone.ts'
import { startDanted, startMicrosocks } from '../other-relays.ts'
import { readCpuSeconds } from '../process-cost.ts'
import type { StreamPlan } from '../stream-batch.ts'
import { Workplace } from '../workplace.ts'

/** The clock of /proc/PID/stat ticks every 10 ms: a round must cost hundreds of ticks' worth of streams. */
const STREAMS = 2000
const AT_ONCE = 8
const BYTES = 1024

/** Processor time of the gateway for one short stream: connect, 1 KiB, close. */
export async function measureStreamCost({ rounds, say }: Effort): Promise<Figure> {
  await using work = await Workplace.open()
  const { programs, directory, socksPath, sitePort } = work
  const gateway = await startGateway(programs, { directory: join(directory, 'gateway'), socksPath, apps: ['bench'] })
  const microsocks = await startMicrosocks(programs)
  const danted = await startDanted(programs, directory)
  const site = { host: '127.0.0.1', port: sitePort }
  const app = { proxy: { port: gateway.apps[0]?.port ?? 0 }, host: 'site.example', port: 80 }
  const cost = async (pid: number, route: Pick<StreamPlan, 'proxy' | 'host' | 'port'>): Promise<number> => {
    const before = readCpuSeconds(pid)
    await work.load.run(Array(STREAMS).fill({ ...route, hello: `send ${BYTES}\n` }), AT_ONCE)
    return ((readCpuSeconds(pid) - before) / STREAMS) * 1e6
  }
  const against: Record<'microsocks' | 'danted', Round[]> = { microsocks: [], danted: [] }
  say('stream-cost, warming up')
  await cost(gateway.pid, app) // compiled code is what a gateway that runs for days has
  for (let round = 1; round <= rounds; round++) {
    say(`stream-cost, round ${round} of ${rounds}`)
    const ours = await cost(gateway.pid, app)
    const small = await cost(microsocks.pid, { proxy: { port: microsocks.port }, ...site })
    const large = await cost(danted.pid, { proxy: { port: danted.port }, ...site })
    against.microsocks.push({ ours, reference: small })
    against.danted.push({ ours, reference: large })
  }
  const row = (name: 'microsocks' | 'danted'): Row => {
    const { ours, reference, ratio } = compareRounds(against[name])
    return { what: 'processor time of a short stream', unit: 'µs', ours, reference: { name, value: reference }, ratio }
  }
  return {
    name: 'stream-cost',
    title: 'what a short stream costs the gateway',
    rows: [row('microsocks'), row('danted')],
    notes: [
      `${STREAMS} streams a round, ${AT_ONCE} at once, ${BYTES} bytes each; user and system time of the relay's processes`,
      "the gateway's work includes the owner of each connection, policy and credentials; the others have none of it",
    ],
  }
}
