import { type Static, Type } from '../schema/index.ts'

const closed = { additionalProperties: false } as const

/** Why a job is due. `resume` is the wake-up of the machine; its order is {@link RESUME_ORDER}. */
export const JOB_REASONS = ['start', 'resume', 'schedule', 'request'] as const
export type JobReason = (typeof JOB_REASONS)[number]

const REASON = Type.Enum([...JOB_REASONS])

/** The services that take jobs. Each has one queue, named like it, and is the only one to work on it. */
export const QUEUE_NAMES = ['clock', 'health', 'gateway', 'dns', 'updates'] as const
export type QueueName = (typeof QUEUE_NAMES)[number]

/**
 * Every job there is: who works on it, for whom, and what it holds.
 *
 * A job says that something is due and why, never what to decide: no destination, no credential, no measurement, no
 * verdict. It has no result; what came of it is asked from the service that did it. `instance` is for one machine;
 * `fleet` is done once for all machines that share a queue. Doing a job twice must be harmless.
 */
export const JOBS = {
  'clock.sync': { queue: 'clock', scope: 'instance', payload: Type.Object({ reason: REASON }, closed) },
  'health.check': { queue: 'health', scope: 'instance', payload: Type.Object({ reason: REASON }, closed) },
  'gateway.verify': { queue: 'gateway', scope: 'instance', payload: Type.Object({ reason: REASON }, closed) },
  'dns.verify': { queue: 'dns', scope: 'instance', payload: Type.Object({ reason: REASON }, closed) },
  'updates.check': {
    queue: 'updates',
    scope: 'fleet',
    payload: Type.Object(
      // A word that only machines of the fleet can tell a product from, and another one each day.
      { reason: REASON, check: Type.String({ pattern: '^[0-9a-f]{32}$' }) },
      closed,
    ),
  },
} as const

export type JobName = keyof typeof JOBS
/** What a job of that name holds. */
export type JobPayload<N extends JobName> = Static<(typeof JOBS)[N]['payload']>
/** The jobs that the service of that queue takes. */
export type JobsOf<Q extends QueueName> = { [N in JobName]: (typeof JOBS)[N]['queue'] extends Q ? N : never }[JobName]

/**
 * What follows a wake-up, in this order: nothing is trusted before the clock is, and nothing is verified on circuits
 * that the sleep has killed. Each is queued by the worker that has finished the one before.
 */
export const RESUME_ORDER = ['clock.sync', 'health.check', 'gateway.verify'] as const satisfies readonly JobName[]
