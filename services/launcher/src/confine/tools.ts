import { Fault } from '@cordon/shared/errors'

/** Programs of the distribution that confinement consists of, and the Debian package that brings each. */
export const TOOLS = {
  unshare: 'util-linux',
  setpriv: 'util-linux',
  env: 'coreutils',
  ip: 'iproute2',
  nft: 'nftables',
  bwrap: 'bubblewrap',
} as const

export type ToolName = keyof typeof TOOLS
export type Tools = Readonly<Record<ToolName, string>>

/** Debian keeps some of them where an ordinary user's PATH does not look. */
export const TOOL_DIRECTORIES = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'] as const

/** Find every tool by `find`, or throw one Fault that names all that are missing and how to get them. */
export function findTools(find: (name: ToolName) => string | undefined): Tools {
  const names = Object.keys(TOOLS) as ToolName[]
  const found = names.map(name => [name, find(name)] as const)
  const missing = found.flatMap(([name, path]) => (path === undefined ? [name] : []))
  if (missing.length === 0) return Object.fromEntries(found) as Tools
  const packages = [...new Set(missing.map(name => TOOLS[name]))].join(' ')
  throw new Fault('RUN_TOOL_MISSING', `confinement needs ${missing.join(', ')}`, {
    where: 'host',
    retry: 'never',
    next: `Run: sudo apt-get install ${packages}`,
  })
}
