import { Fault } from '@cordon/shared/errors'
import { isAtLeast, parseTorVersion } from '@cordon/shared/tor-control'

/** STREAM and CIRC events show the isolation fields since this version (control-spec 4.1.1, 4.1.2). */
const OLDEST_TOR = { numbers: [0, 4, 8, 0], status: undefined } as const

const INSTALL = 'Install it with `apt install tor`, or name one with tor.program in the configuration.'

/** Where distributions keep tor, searched after PATH: a person's PATH often lacks sbin. */
export const TOR_DIRECTORIES = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin'] as const

/** The fault of a machine without tor. */
export const torMissing = (where: string): Fault =>
  new Fault('TOR_MISSING', `tor is not installed (looked in ${where})`, {
    where: 'host',
    retry: 'never',
    next: INSTALL,
  })

/** Read what `tor --version` printed, or throw a Fault for a tor that is too old or no tor at all. */
export function acceptTorVersion(printed: string): string {
  const [, version = ''] = /^Tor version ([0-9][^\s]*?)\.?(?:\s|$)/.exec(printed) ?? []
  const parsed = parseTorVersion(version)
  if (parsed !== undefined && isAtLeast(parsed, OLDEST_TOR)) return version
  const found = parsed === undefined ? 'the program named as tor does not answer as tor' : `tor is version ${version}`
  throw new Fault('TOR_TOO_OLD', `${found}; Cordon needs ${OLDEST_TOR.numbers.join('.')} or newer`, {
    where: 'host',
    retry: 'never',
    next: `${INSTALL} Newer versions for Debian are at deb.torproject.org.`,
  })
}
