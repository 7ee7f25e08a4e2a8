import { join } from 'node:path'
import type { Effort, Figure } from '../../figure.ts'
import { median } from '../../statistics.ts'
import { connects } from '../connects.ts'
import { type GatewayAlone, startGateway } from '../gateway-alone.ts'
import { readPssKiB, readSettledPssKiB } from '../process-cost.ts'
import { Workplace } from '../workplace.ts'

/** DESIGN.md section 7. */
const APPS = 500

/** Time and memory of a gateway with many apps: with its ports yet to choose, and with ports that it has. */
export async function measureManyApps({ rounds, say }: Effort): Promise<Figure> {
  await using work = await Workplace.open()
  const apps = Array.from({ length: APPS }, (_, index) => `app-${index}`)
  const first: number[] = []
  const again: number[] = []
  const memory: number[] = []
  for (let round = 1; round <= rounds; round++) {
    say(`apps, round ${round} of ${rounds}`)
    const directory = join(work.directory, `gateway-${round}`)
    for (const times of [first, again]) {
      const gateway = await startGateway(work.programs, { directory, socksPath: work.socksPath, apps })
      await verifyAllListen(gateway)
      times.push(gateway.startMs / 1000)
      // Settling takes seconds: once tells what the others will settle to.
      memory.push((round === 1 ? await readSettledPssKiB(gateway.pid) : readPssKiB(gateway.pid)) / 1024)
      await gateway.end()
    }
  }
  return {
    name: 'apps',
    title: `${APPS} apps registered`,
    rows: [
      { what: 'start until all listen', unit: 's', ours: median(again), budget: { atMost: 2 } },
      { what: '  slowest', unit: 's', ours: Math.max(...again) },
      { what: '  the first start, which chooses the ports', unit: 's', ours: median(first) },
      { what: 'memory of the gateway', unit: 'MiB', ours: Math.max(...memory), budget: { atMost: 150 } },
    ],
    notes: ['from the start of the process until it says it is ready; then every port is connected to (not timed)'],
  }
}

async function verifyAllListen(gateway: GatewayAlone): Promise<void> {
  const apps = gateway.apps.filter(({ own }) => !own)
  if (apps.length !== APPS) throw new Error(`the gateway has ${apps.length} apps, not ${APPS}`)
  for (const { id, port } of apps)
    if (port === null || !(await connects(port))) throw new Error(`${id} does not listen at ${port}`)
}
