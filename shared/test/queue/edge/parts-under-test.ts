import type { QueueName } from '@cordon/shared/contracts'
import type { JobHandlers, JobQueue } from '@cordon/shared/queue'
import { type JobQueueOptions, openJobQueue } from '@cordon/shared/queue/edge'
import type { Telemetry } from '@cordon/shared/telemetry'
import { openTelemetry } from '@cordon/shared/telemetry/edge'
import type { Test } from 'tap'
import type { RedisUnderTest } from '../redis-under-test.ts'

/** One part of Cordon, as far as its queue goes. It ends with the test. */
export interface PartUnderTest {
  readonly jobs: JobQueue
  readonly telemetry: Telemetry
  logged(key: string): boolean
}

export async function openPart(
  t: Test,
  redis: RedisUnderTest,
  more: Partial<JobQueueOptions> = {},
): Promise<PartUnderTest> {
  const telemetry = openTelemetry({ part: 'clock', write: () => {}, strict: true })
  const place = { fleet: 'home', instance: 'one' }
  const jobs = await openJobQueue({ redis: { socket: redis.socket }, place, telemetry, ...more })
  t.teardown(async () => {
    await jobs.close(1000)
    await telemetry.close()
  })
  return { jobs, telemetry, logged: key => telemetry.lines().some(line => line.key === key) }
}

/** Work on `queue` with handlers that write down the id of what they did. */
export function workAndRecord<Q extends QueueName>(jobs: JobQueue, queue: Q, handlers: readonly string[]): string[] {
  const done: string[] = []
  const entries = handlers.map(name => [
    name,
    async (_payload: unknown, { id }: { readonly id: string }) => {
      done.push(id)
    },
  ])
  jobs.work(queue, Object.fromEntries(entries) as JobHandlers<Q>)
  return done
}
