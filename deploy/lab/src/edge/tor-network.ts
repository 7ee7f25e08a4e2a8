import { setTimeout as delay } from 'node:timers/promises'
import type { LabRelay, LabStep } from '@cordon/shared/contracts'
import { Fault, sensitive } from '@cordon/shared/errors'
import { addOnion, parseAddOnion, setConf, setEvents, signal } from '@cordon/shared/tor-control'
import type { OnionKey } from '../onion-key.ts'
import type { Programs } from '../programs.ts'
import { countUpload, isPublished, UNPUBLISHED } from '../publication.ts'
import { AUTHORITIES, EXITS, type Member, ONION_HOST } from '../topology.ts'
import { consensusRelays, listenForConsensus, uploadOf } from '../tor-events.ts'
import { type AuthorityIdentity, authorityTorrc, exitTorrc, type MemberPaths, onionHostTorrc } from '../torrc.ts'
import { formatVoting, planFirstVote, putOffVoting, type VotingPlan } from '../voting.ts'
import { openTor, type TorProcess } from './tor-process.ts'
import { waitForBootstrap, waitForDescriptors, waitForEvent } from './wait-for-event.ts'

/** What the network is made of. */
export interface NetworkPlan {
  readonly programs: Programs
  readonly authorities: readonly AuthorityIdentity[]
  readonly exits: readonly LabRelay[]
  readonly pathsOf: (member: Member) => MemberPaths
  readonly logOf: (member: Member) => string
  readonly resolvConf: string
  readonly onionKey: OnionKey
  /** Where the onion service leads. */
  readonly onionTarget: string
  readonly progress: (step: LabStep, message: string, percent: number) => void
}

// Far above what two busy cores need; each wait is for one thing that otherwise never comes.
const DESCRIPTORS_MS = 120_000
const CONSENSUS_MS = 60_000
/** Authorities that vote together have their consensus within the same second or two. Arbitrary. */
const TOGETHER_MS = 4000
const BOOTSTRAP_MS = 90_000
const PUBLICATION_MS = 90_000

/** Start all tors and return when a client that comes now finds relays, exits and the onion service. */
export async function openTorNetwork(plan: NetworkPlan): Promise<readonly TorProcess[]> {
  const relays = await openRelays(plan)
  plan.progress('consensus', 'spreading the consensus', 60)
  await Promise.all(relays.map(spreadConsensus))
  // Not earlier: a client whose guard has no descriptors yet asks again only ten seconds later.
  plan.progress('onion', 'publishing the onion service', 75)
  const onionHost = await openMember(plan, ONION_HOST, paths => onionHostTorrc(ONION_HOST, paths, plan.authorities))
  await publish(plan, onionHost)
  return [...relays, onionHost]
}

/** Start authorities and exits, and let the authorities vote as soon as they know all of them. */
async function openRelays(plan: NetworkPlan): Promise<readonly TorProcess[]> {
  plan.progress('authorities', 'starting three authorities', 20)
  const voting = putOffVoting(Date.now() / 1000)
  const authorities = await Promise.all(
    AUTHORITIES.map(member =>
      openMember(plan, member, paths => authorityTorrc(member, paths, plan.authorities, voting)),
    ),
  )
  plan.progress('relays', 'starting four exits', 35)
  const exits = await Promise.all(
    EXITS.map(member => openMember(plan, member, paths => exitTorrc(member, paths, plan.authorities, plan.resolvConf))),
  )
  const fingerprints = [...plan.authorities, ...plan.exits].map(({ fingerprint }) => fingerprint)
  await Promise.all(authorities.map(authority => waitForDescriptors(authority, fingerprints, DESCRIPTORS_MS)))
  plan.progress('consensus', 'waiting for the first consensus', 45)
  const firstVote = planFirstVote(Date.now() / 1000)
  const votes = new Map(authorities.map(authority => [authority, vote(authority, firstVote)]))
  const count = await Promise.any(votes.values()).catch(() => Promise.race(votes.values()))
  await Promise.all((await listLate(votes)).map(spreadConsensus))
  if (count === fingerprints.length) return [...authorities, ...exits]
  throw new Fault('LAB_FAILED', 'the authorities agreed on a network without all of its relays', {
    where: 'tor',
    retry: 'now',
    next: 'Start the lab again.',
  })
}

/** Let an authority vote by `voting`, wait for its first consensus and count the relays in it. */
async function vote(authority: TorProcess, voting: VotingPlan): Promise<number> {
  const first = waitForEvent(authority, 'saw no consensus', CONSENSUS_MS, consensusRelays)
  await authority.send(listenForConsensus())
  await authority.send(setConf(formatVoting(voting)))
  return (await first).length
}

/**
 * List the authorities that have no consensus when the first has one, and some time after that.
 *
 * One that was held up has missed the vote. It votes alone from then on, and in vain, since the others have a consensus.
 */
async function listLate(votes: ReadonlyMap<TorProcess, Promise<number>>): Promise<readonly TorProcess[]> {
  const late = new Set(votes.keys())
  const heard = [...votes].map(([authority, seen]) => seen.then(() => late.delete(authority)))
  // One that has ended is told by what is asked of it next.
  await Promise.race([Promise.allSettled(heard), delay(TOGETHER_MS)])
  return [...late]
}

/**
 * Let a relay fetch the consensus now and wait until it has it.
 *
 * It has asked in vain since it started, at growing intervals; a reload makes it forget that.
 */
async function spreadConsensus(relay: TorProcess): Promise<void> {
  await relay.send(signal('RELOAD'))
  await waitForBootstrap(relay, BOOTSTRAP_MS)
}

/** Add the onion service and wait until every directory that was to have its descriptor has it. */
async function publish({ onionKey, onionTarget }: NetworkPlan, host: TorProcess): Promise<void> {
  let publication = UNPUBLISHED
  const published = waitForEvent(host, 'did not publish the onion service', PUBLICATION_MS, event => {
    const upload = uploadOf(event)
    if (upload === undefined) return undefined
    publication = countUpload(publication, upload)
    return isPublished(publication) ? true : undefined
  })
  await host.send(setEvents(['HS_DESC']))
  const ports = [80, 443].map(virtual => ({ virtual, target: `${onionTarget}:${virtual}` }))
  const key = { type: 'kept', privateKey: sensitive(onionKey.expandedSecret) } as const
  const added = parseAddOnion(await host.send(addOnion({ key, ports, flags: [], clients: [] })))
  if ('why' in added || `${added.serviceId.reveal()}.onion` !== onionKey.address)
    throw new Fault('LAB_FAILED', 'tor derived another onion address than the lab', { where: 'tor', retry: 'never' })
  await published
}

async function openMember(
  { programs, pathsOf, logOf }: NetworkPlan,
  member: Member,
  torrc: (paths: MemberPaths) => string,
): Promise<TorProcess> {
  const paths = pathsOf(member)
  return await openTor({
    program: programs.tor,
    nickname: member.nickname,
    torrc: torrc(paths),
    torrcPath: `${paths.dataDirectory}/torrc`,
    defaultsPath: paths.empty,
    logPath: logOf(member),
  })
}
