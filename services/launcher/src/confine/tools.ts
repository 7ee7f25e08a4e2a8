import { Fault } from '@cordon/shared/errors'

/** Programs of the distribution that confinement consists of, and the Debian package that brings each. */
export const TOOLS = {
  unshare: 'util-linux',
  setpriv: 'util-linux',
  nsenter: 'util-linux',
  env: 'coreutils',
  ip: 'iproute2',
  nft: 'nftables',
  bwrap: 'bubblewrap',
} as const

export type ToolName = keyof typeof TOOLS
export type Tools = Readonly<Record<ToolName, string>>

/** Debian keeps some of them where an ordinary user's PATH does not look. */
export const TOOL_DIRECTORIES = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'] as const

/** Find the tools `wanted` by `find`, or throw one Fault that names all that are missing and how to get them. */
export function findTools<Name extends ToolName>(
  find: (name: Name) => string | undefined,
  wanted: readonly Name[],
): Readonly<Record<Name, string>> {
  const found = wanted.map(name => [name, find(name)] as const)
  const missing = found.flatMap(([name, path]) => (path === undefined ? [name] : []))
  if (missing.length === 0) return Object.fromEntries(found) as Record<Name, string>
  const packages = [...new Set(missing.map(name => TOOLS[name]))].join(' ')
  throw new Fault('RUN_TOOL_MISSING', `this needs ${missing.join(', ')}`, {
    where: 'host',
    retry: 'never',
    next: `Run: sudo apt-get install ${packages}`,
  })
}

/** All of them. */
export const TOOL_NAMES = Object.keys(TOOLS) as ToolName[]
