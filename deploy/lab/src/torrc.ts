import { DIR_PORT, type Member, OR_PORT } from './topology.ts'
import { formatVoting, VOTING_SECONDS, type VotingPlan } from './voting.ts'

/** What an authority is known by: its router fingerprint and its v3 identity, 40 upper-case hex digits each. */
export interface AuthorityIdentity extends Member {
  readonly fingerprint: string
  readonly v3Identity: string
}

/** The directories and files that one member's torrc names. */
export interface MemberPaths {
  /** Made anew at each start: consensus, descriptors and state of an earlier run never reach this one. */
  readonly dataDirectory: string
  /** Kept between runs, so that the clients' guards and the authorities stay the same. */
  readonly keyDirectory: string
  /** An empty file. Eight copies of the GeoIP tables cost 100 MB and tell nothing about 198.18.0.0/15. */
  readonly empty: string
}

/** Quote a path for a torrc: C escapes, as tor reads them. */
export const quotePath = (path: string): string => `"${path.replaceAll(/["\\]/g, '\\$&')}"`

/** Join torrc lines to the text of a file. */
export const formatTorrc = (lines: readonly string[]): string => `${lines.join('\n')}\n`

/** Name one authority to every member and client of the network. */
export const formatDirAuthority = ({ nickname, address, fingerprint, v3Identity }: AuthorityIdentity): string =>
  `DirAuthority ${nickname} orport=${OR_PORT} no-v2 v3ident=${v3Identity} ${address}:${DIR_PORT} ${fingerprint}`

/** The lines that a client of this network needs besides the authorities. Ports and directories are its own business. */
export const CLIENT_LINES: readonly string[] = [
  'TestingTorNetwork 1',
  // Seven relays: with tor's default of 60 % by bandwidth one slow descriptor too many would pass for enough.
  'PathsNeededToBuildCircuits 0.67',
]

/** Write the torrc with which tor makes a relay's keys: nothing in it but what tor insists on. */
export const keyTorrc = (member: Member, paths: MemberPaths): string =>
  formatTorrc([
    ...memberLines(paths),
    `Nickname ${member.nickname}`,
    `Address ${member.address}`,
    `ORPort ${member.address}:${OR_PORT}`,
    'SocksPort 0',
    // TestingTorNetwork wants some authority, and there is none before the keys are there.
    formatDirAuthority({ ...member, fingerprint: '0'.repeat(39).concat('1'), v3Identity: '0'.repeat(39).concat('1') }),
  ])

/** Write the torrc of a directory authority. */
export const authorityTorrc = (
  member: Member,
  paths: MemberPaths,
  authorities: readonly AuthorityIdentity[],
  voting: VotingPlan,
): string =>
  formatTorrc([
    ...relayLines(member, paths, authorities),
    `DirPort ${member.address}:${DIR_PORT}`,
    'AuthoritativeDirectory 1',
    'V3AuthoritativeDirectory 1',
    ...formatVoting(voting).map(([key, value]) => `${key} ${value}`),
    // The least that tor accepts for these; a consensus is then valid for ten minutes.
    `V3AuthVotingInterval ${VOTING_SECONDS}`,
    'V3AuthVoteDelay 4',
    'V3AuthDistDelay 4',
    'V3AuthNIntervalsValid 2',
    // Nobody has an uptime or a measured bandwidth yet: the flags are given, not earned.
    'TestingDirAuthVoteExit *',
    'TestingDirAuthVoteHSDir *',
    'TestingDirAuthVoteGuard *',
    'TestingMinExitFlagThreshold 0',
    'ExitPolicy reject *:*',
  ])

/** Write the torrc of an exit, which resolves names with the name server in `resolvConf`. */
export const exitTorrc = (
  member: Member,
  paths: MemberPaths,
  authorities: readonly AuthorityIdentity[],
  resolvConf: string,
): string =>
  formatTorrc([
    ...relayLines(member, paths, authorities),
    'ExitRelay 1',
    'ExitPolicyRejectPrivate 0',
    // All of it: a policy without some public space gives a consensus without exits.
    'ExitPolicy accept *:*',
    // Nothing answers at IPv6 addresses here; without it an exit does not even look them up.
    'IPv6Exit 1',
    `ServerDNSResolvConfFile ${quotePath(resolvConf)}`,
    'ServerDNSAllowNonRFC953Hostnames 1',
    'ServerDNSDetectHijacking 0',
  ])

/** Write the torrc of the client that carries the onion service. The service itself is added over its control port. */
export const onionHostTorrc = (member: Member, paths: MemberPaths, authorities: readonly AuthorityIdentity[]): string =>
  formatTorrc([
    ...memberLines(paths),
    ...authorities.map(formatDirAuthority),
    'SocksPort 0',
    `OutboundBindAddress ${member.address}`,
  ])

const memberLines = ({ dataDirectory, keyDirectory, empty }: MemberPaths): readonly string[] => [
  ...CLIENT_LINES,
  `DataDirectory ${quotePath(dataDirectory)}`,
  `KeyDirectory ${quotePath(keyDirectory)}`,
  `GeoIPFile ${quotePath(empty)}`,
  `GeoIPv6File ${quotePath(empty)}`,
  'ShutdownWaitLength 0',
  // Seven relays are too few for a layer of vanguards besides guard and middle: relays would try in vain each second.
  'VanguardsLiteEnabled 0',
  'Log notice stdout',
]

const relayLines = (
  { nickname, address }: Member,
  paths: MemberPaths,
  authorities: readonly AuthorityIdentity[],
): readonly string[] => [
  ...memberLines(paths),
  ...authorities.map(formatDirAuthority),
  `Nickname ${nickname}`,
  `Address ${address}`,
  `ORPort ${address}:${OR_PORT}`,
  'SocksPort 0',
  `OutboundBindAddress ${address}`,
  'AssumeReachable 1',
  'ContactInfo the Cordon lab, a private network on one machine',
]
