import { randomUUID } from 'node:crypto'
import type { JobName, JobPayload, QueueName } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import type { AddOptions, JobHandlers, JobQueue } from '@cordon/shared/queue'
import { type JobQueueOptions, openJobQueue } from '@cordon/shared/queue/edge'
import type { Telemetry } from '@cordon/shared/telemetry'
import { openTelemetry } from '@cordon/shared/telemetry/edge'
import type { Test } from 'tap'
import { until } from '../../until.ts'
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

/**
 * Add a job as the contract of the queue has it: again with the same id after `QUE_UNREACHABLE`, which is what it comes to
 * when the machine holds Redis up for longer than its answer may take. What else it rejects with is the caller's to see.
 */
export async function addJob<N extends JobName>(
  jobs: JobQueue,
  name: N,
  payload: JobPayload<N>,
  { id = `t${randomUUID()}`, parent }: AddOptions = {},
): Promise<string> {
  return await until('Redis to take a job', async () => {
    try {
      return await jobs.add(name, payload, { id, parent })
    } catch (thrown) {
      if (thrown instanceof Fault && thrown.code === 'QUE_UNREACHABLE') return undefined
      throw thrown
    }
  })
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
