import type { Setting } from '@cordon/shared/tor-control'

/** What is asked of tor by GETCONF. */
export const AUDITED_OPTIONS = [
  'SocksPort',
  'SafeLogging',
  'ClientRejectInternalAddresses',
  'ClientDNSRejectInternalAddresses',
] as const

const MUST_BE_ONE = ['SafeLogging', 'ClientRejectInternalAddresses', 'ClientDNSRejectInternalAddresses'] as const

/**
 * Say, in sentences that name no path, where tor's configuration no longer says what isolation needs.
 *
 * `own` are the AF_UNIX paths of the SocksPorts that the gateway dials. `others` says whether SocksPorts beside them are
 * somebody's right, as on a tor that somebody else runs.
 */
export function findDrift(
  settings: readonly Setting[],
  own: readonly string[],
  others: 'allowed' | 'foreign',
): readonly string[] {
  const drift: string[] = []
  for (const option of MUST_BE_ONE) {
    // An option that tor does not name has its default, which is 1 for all of these.
    const value = settings.find(({ key }) => key === option)?.value?.reveal() ?? '1'
    if (value !== '1') drift.push(`${option} is not 1`)
  }
  const ports = settings.filter(({ key }) => key === 'SocksPort').map(({ value }) => value?.reveal() ?? '')
  for (const path of own) {
    const port = ports.find(line => addressOf(line) === path)
    if (port === undefined) drift.push('a SocksPort of Cordon is gone')
    else drift.push(...findInFlags(port.split(' ')))
  }
  if (others === 'foreign' && ports.some(line => !own.includes(addressOf(line))))
    drift.push('there is a foreign SocksPort')
  return drift
}

function findInFlags(flags: readonly string[]): string[] {
  const drift: string[] = []
  const lower = flags.map(flag => flag.toLowerCase())
  // IsolateSOCKSAuth is tor's default, so only its opposite takes it away (tor(1), SocksPort).
  if (lower.includes('noisolatesocksauth')) drift.push('a SocksPort does not isolate by credentials')
  if (lower.some(flag => flag.startsWith('sessiongroup='))) drift.push('a SocksPort shares a session group')
  return drift
}

/** The path of `unix:/PATH` or `unix:"/PATH"`; empty for another kind of address. */
function addressOf(line: string): string {
  const [, quoted, plain] = /^unix:(?:"([^"]*)"|(\S+))/.exec(line) ?? []
  return quoted ?? plain ?? ''
}
