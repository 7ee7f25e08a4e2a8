/**
 * The processor time that twelve products cost in a day: as many looks of the schedule as a day has, one after the
 * other, and a check of each product.
 *
 *   node schedule-cost.ts APP-SOCKET GATEWAY-SOCKET SCRATCH
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { JobQueue } from '@cordon/shared/queue'
import { openTelemetry } from '@cordon/shared/telemetry/edge'
import { checkProduct } from '../../../services/updates/src/edge/check-product.ts'
import { CheckRunner } from '../../../services/updates/src/edge/check-runner.ts'
import { CheckSchedule, LOOK_MS } from '../../../services/updates/src/edge/check-schedule.ts'
import { isClockTrusted } from '../../../services/updates/src/edge/clock-question.ts'
import { ProductShelf } from '../../../services/updates/src/edge/product-shelf.ts'
import { PACE } from '../../../services/updates/src/edge/web-way.ts'

/** Processor time in seconds. */
export interface ScheduleCost {
  readonly looksSeconds: number
  readonly checksSeconds: number
}

const PRODUCTS = 12
const LOOKS = 86_400_000 / LOOK_MS

const [appSocket = '', gatewaySocket = '', scratch = ''] = process.argv.slice(2)
const settings = {
  kind: 'json',
  address: 'http://site.example/version.json',
  path: '/version',
  unsigned: true,
} as const
const products = Object.fromEntries(Array.from({ length: PRODUCTS }, (_, n) => [`p${n}`, settings]))
const telemetry = openTelemetry({ part: 'updates' })
const shelf = await ProductShelf.open(join(scratch, 'schedule'), scratch, products)
const place = { appSocket, authorities: [], scratch, pace: PACE }
const { signal } = new AbortController()

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

async function measureLooks(): Promise<number> {
  let looks = 0
  const before = cpuSeconds()
  await new Promise<void>(resolve => {
    const asked = async (): Promise<boolean> => {
      looks += 1
      if (looks > LOOKS) resolve()
      return await isClockTrusted(gatewaySocket)
    }
    const idle = { keep: () => {}, work: () => {}, resume: () => {}, pause: async () => {} }
    const runner = new CheckRunner({ shelf, place, telemetry, signal, isClockTrusted: asked })
    const schedule = new CheckSchedule({
      shelf,
      runner,
      queue: idle as unknown as JobQueue,
      secret: randomBytes(32),
      board: undefined,
      telemetry,
      isClockTrusted: asked,
      lookMs: 0,
    })
    void schedule
    setInterval(() => {}, 1000) // the timers of a schedule keep no process alive
  })
  return cpuSeconds() - before
}

async function measureChecks(): Promise<number> {
  const before = cpuSeconds()
  for (const { product, memory } of shelf.list()) {
    const { fault } = await checkProduct(place, product, memory, { nowMs: Date.now(), signal })
    if (fault !== undefined) throw fault
  }
  return cpuSeconds() - before
}

const checksSeconds = await measureChecks()
const looksSeconds = await measureLooks()
process.stdout.write(JSON.stringify({ looksSeconds, checksSeconds } satisfies ScheduleCost), () => process.exit(0))
