import type { TorProgress } from './progress.ts'

/** What else decides why tor does not move. */
export interface Circumstances {
  /** Whether any interface besides loopback is up. */
  readonly hasNetwork: boolean
  readonly bridges: boolean
  readonly upstreamProxy: boolean
  readonly lab: boolean
  /** Monotonic milliseconds. */
  readonly now: number
}

/** Why tor does not move, and what a person can do. */
export interface Explanation {
  /** For machines: stable, in kebab case. */
  readonly trouble: string
  readonly cause: string
  readonly next: string
}

/** Quiet that is no longer normal: most bootstraps take less than ten seconds a step. Below the 30 s of `cordon up`. */
export const QUIET_MS = 15_000

/** Tor itself warns of an hour; direct connections work to about a day, onion services to half an hour. */
const SKEW_THAT_MATTERS_SECONDS = 1800

interface Case extends Explanation {
  readonly when: (progress: TorProgress, circumstances: Circumstances) => boolean
}

const hasReason = (...reasons: readonly string[]) => {
  return ({ reason }: TorProgress): boolean => reason !== undefined && reasons.includes(reason)
}
const UNANSWERED = hasReason('CONNECTREFUSED', 'CONNECTRESET', 'TIMEOUT', 'IOERROR', 'DONE', 'NOROUTE', 'MISC')
/** Until 15 % tor speaks with its first relay or bridge (control-spec 5.5). */
const isFirstContact = ({ percent }: TorProgress): boolean => percent < 15
const TRY_BRIDGES =
  'Open a web page to see whether a portal wants a login; where Tor is blocked, name bridges in tor.bridges.'

/** The causes that can be told apart, most certain first. */
const CASES: readonly Case[] = [
  {
    when: (_, { lab }) => lab,
    trouble: 'lab-relays',
    cause: 'the relays of the lab do not answer yet',
    next: 'Wait; if it stays so, stop with `cordon down` and start again.',
  },
  {
    when: (_, { hasNetwork }) => !hasNetwork,
    trouble: 'no-network',
    cause: 'this machine has no network besides loopback',
    next: 'Connect it to a network.',
  },
  {
    when: ({ skewSeconds = 0 }) => Math.abs(skewSeconds) >= SKEW_THAT_MATTERS_SECONDS,
    trouble: 'clock-wrong',
    cause: 'the clock of this machine seems to be wrong',
    next: 'Set it with `cordon clock set 2026-11-23T14:05+01:00`: the zone counts, for Tor has one time everywhere.',
  },
  {
    when: hasReason('PT_MISSING'),
    trouble: 'transport-broken',
    cause: 'the program that disguises the traffic to the bridges does not work',
    next: 'Check tor.bridges: the programs it needs and the lines themselves.',
  },
  {
    when: (progress, { upstreamProxy }) => upstreamProxy && isFirstContact(progress) && UNANSWERED(progress),
    trouble: 'upstream-proxy-dead',
    cause: 'the upstream proxy does not answer or refuses',
    next: 'Check tor.upstreamProxy and its credentials.',
  },
  {
    when: (progress, { bridges }) => bridges && isFirstContact(progress) && UNANSWERED(progress),
    trouble: 'bridge-dead',
    cause: 'none of the bridges answers',
    next: 'Get new bridges (bridges.torproject.org, or a friend) and put them in tor.bridges.',
  },
  {
    when: hasReason('NOROUTE'),
    trouble: 'no-route',
    cause: 'there is no route to the Tor network',
    next: 'Check the connection and the firewall of this machine.',
  },
  {
    when: hasReason('IDENTITY'),
    trouble: 'intercepted',
    cause: 'something answers in place of a Tor relay: interception or censorship',
    next: TRY_BRIDGES,
  },
  {
    when: ({ tag, reason }) => (tag === 'handshake' || tag === 'conn_done') && reason !== undefined,
    trouble: 'censored',
    cause: 'relays are reached, but speaking Tor with them is cut off: censorship is likely',
    next: TRY_BRIDGES,
  },
  {
    when: hasReason('CONNECTREFUSED', 'CONNECTRESET'),
    trouble: 'refused-or-portal',
    cause: 'connections to Tor relays are refused: a firewall, a portal or censorship',
    next: TRY_BRIDGES,
  },
  {
    when: hasReason('TIMEOUT', 'IOERROR', 'DONE'),
    trouble: 'unanswered-or-portal',
    cause: 'connections to Tor relays are not answered or break: no real network, a portal or censorship',
    next: TRY_BRIDGES,
  },
  {
    when: hasReason('RESOURCELIMIT'),
    trouble: 'resources',
    cause: 'tor runs out of file descriptors or memory',
    next: 'Raise its limits.',
  },
  {
    when: isFirstContact,
    trouble: 'no-relay-yet',
    cause: 'no Tor relay has answered yet',
    next: TRY_BRIDGES,
  },
  {
    when: ({ percent }) => percent < 75,
    trouble: 'no-directory',
    cause: 'relays answer, but the directory of the Tor network does not arrive',
    next: 'Wait; a slow connection may need minutes. If it stays so, try other bridges or another network.',
  },
  {
    when: () => true,
    trouble: 'no-circuit-yet',
    cause: 'tor builds circuits, but none has worked yet',
    next: 'Wait; if it stays so, try another network.',
  },
]

/** Say why tor has no circuit, or undefined while it has one or still moves without complaint. */
export function explainBootstrap(progress: TorProgress, circumstances: Circumstances): Explanation | undefined {
  if (progress.circuitEstablished) return undefined
  const { hasNetwork, lab, now } = circumstances
  const quiet = now - progress.movedAt >= QUIET_MS
  // A single complaint is everyday in the lab, where relays are still coming up.
  const complains = (progress.reason !== undefined && !lab) || (!hasNetwork && !lab)
  if (!quiet && !complains) return undefined
  return CASES.find(({ when }) => when(progress, circumstances))
}
