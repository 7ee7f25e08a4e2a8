import {
  CLOCK_STATUS,
  type ClockStatus,
  type ClockSummary,
  GATEWAY_STATUS,
  type GatewayStatus,
  type RuntimeLayout,
  UPDATES_SUMMARY,
  type UpdatesSummary,
} from '@cordon/shared/contracts'
import { fits } from '@cordon/shared/schema'
import { stoppedStatus } from '../cli/index.ts'
import { ask, type Question } from './api-client.ts'

/** What the parts that have a status of their own say of themselves. */
export interface PartStatuses {
  /** Undefined while it does not answer. */
  readonly gateway: GatewayStatus | undefined
  readonly clock: ClockSummary
  /** Null while they do not answer. */
  readonly updates: UpdatesSummary | null
}

/** A status must not wait for a part that has just stopped answering. Arbitrary. */
const DEADLINE_MS = 1500

const SOCKETS = { gateway: 'gatewaySocket', clock: 'clockSocket', updates: 'updatesSocket' } as const

/** Ask the gateway for its own status. */
export const GATEWAY_QUESTION: Question<GatewayStatus> = {
  method: 'GET',
  path: '/v1/status',
  read: value => (fits(GATEWAY_STATUS, value) ? value : undefined),
}

const CLOCK_QUESTION: Question<ClockStatus> = {
  method: 'GET',
  path: '/v1/clock',
  read: value => (fits(CLOCK_STATUS, value) ? value : undefined),
}

const UPDATES_QUESTION: Question<UpdatesSummary> = {
  method: 'GET',
  path: '/v1/updates/summary',
  read: value => (fits(UPDATES_SUMMARY, value) ? value : undefined),
}

/** Ask those parts that are ready; one that starts or hangs does not answer, and the status says so by its absence. */
export async function askPartStatuses(
  layout: RuntimeLayout,
  isReady: (part: keyof typeof SOCKETS) => boolean,
): Promise<PartStatuses> {
  const askPart = async <T>(part: keyof typeof SOCKETS, question: Question<T>): Promise<T | undefined> =>
    isReady(part) ? await ask(layout[SOCKETS[part]], question, DEADLINE_MS).catch(() => undefined) : undefined
  const [gateway, clock, updates] = await Promise.all([
    askPart('gateway', GATEWAY_QUESTION),
    askPart('clock', CLOCK_QUESTION),
    askPart('updates', UPDATES_QUESTION),
  ])
  return { gateway, clock: summarizeClock(clock), updates: updates ?? null }
}

/** A clock that does not answer is one of which nothing is known. */
const summarizeClock = ({ state, offsetMs, boundMs, at }: ClockSummary = stoppedStatus().clock): ClockSummary => ({
  state,
  offsetMs,
  boundMs,
  at,
})
