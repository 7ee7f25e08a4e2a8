/** The programs of the distribution that the lab runs, and the Debian package that brings each. */
export const PACKAGES = {
  tor: 'tor',
  'tor-gencert': 'tor',
  ip: 'iproute2',
  mount: 'mount',
  setpriv: 'util-linux',
  unshare: 'util-linux',
} as const
export type ProgramName = keyof typeof PACKAGES

/** Where each program was found. */
export type Programs = Readonly<Record<ProgramName, string>>

/** List where to look for programs: what PATH says, then the directories that an ordinary user's PATH leaves out. */
export const searchPath = (path: string | undefined): readonly string[] => [
  ...new Set([
    ...(path ?? '').split(':').filter(directory => directory.startsWith('/')),
    '/usr/sbin',
    '/usr/bin',
    '/sbin',
    '/bin',
  ]),
]

/** Say which packages to install for programs that were not found. */
export const packagesFor = (missing: readonly ProgramName[]): string =>
  [...new Set(missing.map(name => PACKAGES[name]))].join(' ')
