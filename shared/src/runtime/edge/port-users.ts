import { readFileSync, statSync } from 'node:fs'
import type { RuntimeLayout } from '../../contracts/index.ts'
import { listGroupMembers } from '../group-members.ts'

/** Decides whether programs of a user may use the TCP ports; undefined is a user that cannot be known. */
export type PortUsers = (uid: number | undefined) => boolean

const PASSWD = '/etc/passwd'
const GROUP = '/etc/group'

/**
 * Choose whose programs may use the TCP ports: this user's, or where sockets are shared by group also those of the
 * members of the group of the apps' directory, which are those that can use the AF_UNIX ports.
 */
export function choosePortUsers({ access, appsDirectory }: RuntimeLayout): PortUsers {
  const own = process.getuid?.() ?? -1
  if (access === 'user') return uid => uid === own
  let known = { of: '', members: new Set<number>() as ReadonlySet<number> }
  return uid => {
    if (uid === undefined) return false
    if (uid === own) return true
    const { gid } = statSync(appsDirectory)
    // A member that was taken out must be out at once; two looks at the files' times cost microseconds.
    const of = [gid, ...[PASSWD, GROUP].map(path => statSync(path, { bigint: true }).mtimeNs)].join(' ')
    if (of !== known.of) {
      known = { of, members: listGroupMembers(gid, readFileSync(PASSWD, 'utf8'), readFileSync(GROUP, 'utf8')) }
    }
    return known.members.has(uid)
  }
}
