import { join } from 'node:path'
import type { Effort, Figure } from '../../figure.ts'
import { median } from '../../statistics.ts'
import { startGateway } from '../gateway-alone.ts'
import { readSettledPssKiB } from '../process-cost.ts'
import { Workplace } from '../workplace.ts'

/** DESIGN.md section 7: two descriptors each, 16,000 in all. */
const STREAMS = 8000
const WARM_UP = 500
const AT_ONCE = 64

/** Memory of the gateway for each idle stream, all of them open through one app port. */
export async function measureIdleMemory({ rounds, say }: Effort): Promise<Figure> {
  const perStream: number[] = []
  const whole: number[] = []
  // A gateway of its own for each round: one that had 8,000 streams keeps memory for the next. Three tell the spread.
  const starts = Math.min(rounds, 3)
  for (let round = 1; round <= starts; round++) {
    await using work = await Workplace.open()
    const { programs, directory, socksPath, load } = work
    const gateway = await startGateway(programs, { directory: join(directory, 'gateway'), socksPath, apps: ['bench'] })
    const plan = { proxy: { port: gateway.apps[0]?.port ?? 0 }, host: 'site.example', port: 80, hello: 'hold\n' }
    const open = (count: number) => load.run(Array(count).fill(plan), AT_ONCE, { hold: true })
    say(`idle-memory, round ${round} of ${starts}: warming up`)
    await open(WARM_UP)
    await load.release()
    const before = await readSettledPssKiB(gateway.pid)
    say(`idle-memory, round ${round} of ${starts}: opening ${STREAMS}`)
    await open(STREAMS)
    const after = await readSettledPssKiB(gateway.pid)
    perStream.push((after - before) / STREAMS)
    whole.push(after / 1024)
  }
  return {
    name: 'idle-memory',
    title: `memory of the gateway with ${STREAMS} idle streams`,
    rows: [
      { what: 'each stream', unit: 'KiB', ours: median(perStream), budget: { atMost: 16 } },
      { what: '  worst of the rounds', unit: 'KiB', ours: Math.max(...perStream) },
      { what: '  the whole gateway', unit: 'MiB', ours: median(whole) },
    ],
    notes: [
      'PSS before and after, each once it has settled; each stream has carried its handshake and one byte',
      'memory of the kernel for the sockets is not in it',
    ],
  }
}
