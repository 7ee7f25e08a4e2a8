import { readFileSync } from 'node:fs'
import { run } from './command.ts'

/** What a test of an engine could leave on a machine. */
export type Inventory = Readonly<Record<string, readonly string[]>>

const lines = (...command: readonly string[]): readonly string[] =>
  run(command)
    .stdout.split('\n')
    .filter(line => line !== '')

/** List namespaces, links, cgroups, mounts, firewall tables and packages, to compare before and after. */
export const takeInventory = (): Inventory => ({
  'network namespaces': lines('ip', 'netns', 'list').map(line => line.split(' ')[0] ?? ''),
  links: lines('ip', '-brief', 'link').map(line => line.split(/[ @]/)[0] ?? ''),
  cgroups: lines('find', '/sys/fs/cgroup', '-maxdepth', '2', '-type', 'd'),
  mounts: readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map(line => line.split(' ')[4] ?? ''),
  tables: lines('nft', 'list', 'tables'),
  packages: lines('dpkg', '--get-selections'),
  'kernel settings': [readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim()],
})

/** Name what is there now and was not before, or is gone, of what was made by us: `mine` tells. */
export const compare = (
  before: Inventory,
  after: Inventory,
  mine: (kind: string, name: string) => boolean,
): readonly string[] =>
  Object.entries(after).flatMap(([kind, now]) => {
    const then = before[kind] ?? []
    const extra = now.filter(one => !then.includes(one) && mine(kind, one)).map(one => `${kind}: ${one} is left`)
    return [
      ...extra,
      ...then.filter(one => !now.includes(one) && mine(kind, one)).map(one => `${kind}: ${one} is gone`),
    ]
  })
