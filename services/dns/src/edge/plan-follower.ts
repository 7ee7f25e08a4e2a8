import { type DnsApp, VIRTUAL_TTL_SECONDS } from '@cordon/shared/contracts'
import { REPLY } from '@cordon/shared/socks'
import {
  type AnswerPlan,
  ENDINGS,
  endWithRecord,
  endWithRefusal,
  type LookUpEnding,
  WITHHELD,
} from '../policy/index.ts'
import type { Query } from '../wire/index.ts'
import type { LookUpOutcome, lookUp } from './app-lookup.ts'
import type { GatewayLink } from './gateway-link.ts'
import type { Upstream } from './upstream.ts'

/** A plan for which somebody must be asked. */
export type LookUpPlan = Exclude<AnswerPlan, { type: 'answer' }>

/** Who can be asked. */
export interface Sources {
  readonly lookUp: typeof lookUp
  readonly link: Pick<GatewayLink, 'ask'>
  appSocket(app: string): string
}

/** For whom. */
export interface Asker {
  readonly app: DnsApp
  readonly upstream: Upstream | undefined
}

/** As an app port waits for tor (limits.connectSeconds). Programs give up earlier and ask again, which joins this. */
const LOOK_UP_MS = 30_000

/**
 * How long what tor found is kept. Tor gives no time to live, and its exits keep answers for five minutes and more
 * (clip_dns_ttl), so a shorter one would be a show. One minute, the same everywhere, so that it marks nobody.
 */
const FOUND_TTL_SECONDS = 60

/** What a name of the way back may look like: whoever prints it must not be steered by it. */
const PLAIN_NAME = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?$/

/** Ask whom the plan names, for one app in one nym epoch. */
export async function followPlan(
  plan: LookUpPlan,
  query: Query,
  asker: Asker,
  sources: Sources,
): Promise<LookUpEnding> {
  const { id, nymEpoch } = asker.app
  const { link } = sources
  switch (plan.type) {
    case 'resolve':
      return await resolve(plan.name, plan.family, id, sources)
    case 'resolve-address':
      return await resolveAddress(plan.address, id, sources)
    case 'give-virtual': {
      const address = await link.ask({ type: 'give-virtual', app: id, nymEpoch, name: plan.name })
      return address === null ? ENDINGS.noGateway : endWithRecord({ type: 'A', address, ttl: VIRTUAL_TTL_SECONDS })
    }
    case 'name-virtual': {
      const name = await link.ask({ type: 'name-virtual', app: id, nymEpoch, address: plan.address })
      return name === null ? ENDINGS.noSuchName : endWithRecord({ type: 'PTR', name, ttl: VIRTUAL_TTL_SECONDS })
    }
    case 'ask-resolver':
      return await askResolver(query, asker)
  }
}

async function resolve(name: string, family: 'ipv4' | 'ipv6', app: string, sources: Sources): Promise<LookUpEnding> {
  const command = family === 'ipv6' ? 'resolve-ipv6' : 'resolve'
  const request = { appSocket: sources.appSocket(app), command, target: { type: 'name', name } } as const
  const outcome = await sources.lookUp({ ...request, deadlineMs: LOOK_UP_MS })
  // The port of an app that may not reach IPv6 addresses does not know the command.
  if (outcome.type === 'refused' && outcome.code === REPLY.commandNotSupported) return ENDINGS.noData
  if (outcome.type !== 'found') return endWithoutAnswer(outcome)
  const { target } = outcome
  if (target.type === 'name') return ENDINGS.unreadable
  // Tor gives the preferred family if there is one, so the other one says that the name is there and has none.
  if (target.type !== family) return { ...ENDINGS.noData, ttl: FOUND_TTL_SECONDS }
  return endWithRecord({ type: family === 'ipv4' ? 'A' : 'AAAA', address: target.address, ttl: FOUND_TTL_SECONDS })
}

async function resolveAddress(address: string, app: string, sources: Sources): Promise<LookUpEnding> {
  const target = { type: address.includes(':') ? 'ipv6' : 'ipv4', address } as const
  const request = { appSocket: sources.appSocket(app), command: 'resolve-ptr', target } as const
  const outcome = await sources.lookUp({ ...request, deadlineMs: LOOK_UP_MS })
  if (outcome.type !== 'found') return endWithoutAnswer(outcome)
  const name = outcome.target.type === 'name' ? outcome.target.name : ''
  return PLAIN_NAME.test(name) ? endWithRecord({ type: 'PTR', name, ttl: FOUND_TTL_SECONDS }) : ENDINGS.unreadable
}

async function askResolver(query: Query, { upstream }: Asker): Promise<LookUpEnding> {
  const answer = await upstream?.ask(query)
  if (answer?.type !== 'answer') return ENDINGS.resolverFailed
  const { rcode, body, ttl, withheld } = answer
  return { rcode, body, ttl, ...(withheld ? { extended: WITHHELD } : {}) }
}

const endWithoutAnswer = (outcome: Exclude<LookUpOutcome, { type: 'found' }>): LookUpEnding =>
  outcome.type === 'refused' ? endWithRefusal(outcome.code) : ENDINGS.noAnswer
