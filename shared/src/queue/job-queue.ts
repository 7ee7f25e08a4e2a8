import type { JobName, JobPayload, JobsOf, QueueName } from '../contracts/index.ts'
import type { Fault } from '../errors/index.ts'
import type { SpanContext } from '../telemetry/index.ts'

/** Whether jobs can be queued. Every state but `usable` heals alone; `why` says what to do meanwhile. */
export type QueueState = { readonly type: 'usable' } | { readonly type: 'unusable'; readonly why: Fault }

export interface AddOptions {
  /** The idempotency key: of all adds with one id, one job is made. Random when there is none. */
  readonly id?: string
  /** The span that the job belongs to; its trace goes on where the job is worked on. */
  readonly parent?: SpanContext | undefined
}

export interface KeepOptions extends AddOptions {
  readonly id: string
  /** Called once, when the job was seen to have ended, here or on another machine, well or not. */
  readonly ended?: () => void
}

/** What a handler knows of its execution. */
export interface JobExecution {
  readonly id: string
  /** Aborted when the job was given to another worker, or when this one must end. */
  readonly signal: AbortSignal
  /** The span of this execution: the parent of what the handler starts. */
  readonly span: SpanContext
  /**
   * Ask Redis whether the job is still ours, and extend the lock. Await it right before each effect: a machine that
   * stalled comes back in the middle of a handler. Rejects with a Fault `QUE_LOCK_LOST` when the job is another's.
   */
  confirm(): Promise<void>
}

/** Does one job. Resolving means that it is done; doing it twice must be harmless. */
export type JobHandler<N extends JobName> = (payload: JobPayload<N>, execution: JobExecution) => Promise<void>
export type JobHandlers<Q extends QueueName> = { readonly [N in JobsOf<Q>]: JobHandler<N> }

/** The queues of this process. */
export interface JobQueue {
  /**
   * Queue a job that is due now; resolve with its id when Redis has it.
   *
   * Rejects at once (2 s at most) with a Fault `QUE_…` when that cannot be. Nothing is kept then, and after a
   * `QUE_UNREACHABLE` the job may be there all the same: add it again with the same id.
   */
  add<N extends JobName>(name: N, payload: JobPayload<N>, options?: AddOptions): Promise<string>
  /**
   * Queue a job and queue it again until it was seen done: over a Redis that is not there yet, restarts or is
   * flushed. In memory, and at most 64: then a Fault `QUE_PENDING_FULL`.
   */
  keep<N extends JobName>(name: N, payload: JobPayload<N>, options: KeepOptions): void
  /** Work on one queue, one job at a time, whenever Redis is there. */
  work<Q extends QueueName>(queue: Q, handlers: JobHandlers<Q>): void
  /**
   * Leave a note for the other machines that share the queue, under a word; it goes after two days. Redis and whoever can
   * write to it may read, change, repeat and lose it: seal it, and believe none that is not sealed. Rejects with `QUE_…`.
   */
  leaveNote(queue: QueueName, word: string, note: Uint8Array): Promise<void>
  /** Find the notes under these words, in their order; undefined for one that is not there or too long to be one. */
  findNotes(queue: QueueName, words: readonly string[]): Promise<readonly (Uint8Array | undefined)[]>
  /** Start no more jobs in this process; resolve when none runs. For a step of the clock, which expires locks. */
  pause(): Promise<void>
  resume(): void
  state(): QueueState
  /** Let running jobs end, for `withinMs` at most, then leave: what did not end is done again by another worker. */
  close(withinMs?: number): Promise<void>
}
