import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** State of a listening socket in /proc/net/tcp (TCP_LISTEN, include/net/tcp_states.h). */
const LISTEN = '0A'

/**
 * Say which program listens on a TCP port, as well as this user may know: name and process, or the user alone.
 *
 * Slow (it reads the table of all sockets), so only for an error message.
 */
export function describeListener(port: number): string {
  const socket = ['/proc/net/tcp', '/proc/net/tcp6'].map(table => findListener(table, port)).find(found => found)
  if (socket === undefined) return 'a program that cannot be seen'
  const holder = findHolder(socket.inode)
  return holder === undefined ? `a program of user ${socket.uid}` : `${holder.name} (process ${holder.pid})`
}

function findListener(table: string, port: number): { uid: string; inode: string } | undefined {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  for (const line of readOrNothing(table).split('\n').slice(1)) {
    const [, local = '', , state, , , , uid = '', , inode = ''] = line.trim().split(/\s+/)
    if (state === LISTEN && local.endsWith(suffix)) return { uid, inode }
  }
  return undefined
}

function findHolder(inode: string): { pid: string; name: string } | undefined {
  const wanted = `socket:[${inode}]`
  for (const pid of readdirSync('/proc').filter(name => /^[0-9]+$/.test(name))) {
    if (!descriptorsOf(pid).includes(wanted)) continue
    // A process names itself as it likes: only what cannot confuse a terminal is shown.
    return { pid, name: readOrNothing(`/proc/${pid}/comm`).replaceAll(/[^\x21-\x7e]/g, '') }
  }
  return undefined
}

function descriptorsOf(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map(name => readLinkOrNothing(`/proc/${pid}/fd/${name}`))
  } catch {
    return [] // another user's, or gone meanwhile
  }
}

function readLinkOrNothing(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return '' // closed meanwhile
  }
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return '' // gone meanwhile, or no IPv6
  }
}
