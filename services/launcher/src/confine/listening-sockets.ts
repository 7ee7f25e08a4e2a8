/** __SO_ACCEPTCON (linux/net.h): the flag of a socket that listens. */
const LISTENS = 0x10000

/**
 * Read the paths of AF_UNIX sockets that somebody listens on out of `/proc/net/unix` (proc(5)).
 *
 * Datagram sockets are listed too: they need no listener to be written to. Abstract names are left out: they belong to
 * the network namespace.
 */
export function readListeningPaths(table: string): readonly string[] {
  const paths = table.split('\n').flatMap(line => {
    // Num RefCount Protocol Flags Type St Inode Path; the path is the rest of the line, whatever it holds.
    const [, flags = '0', type, path] = /^\S+ \S+ \S+ (\S+) (\S+) \S+ +\d+ (\/.*)$/.exec(line) ?? []
    const isDatagram = type === '0002'
    return path !== undefined && (isDatagram || (Number.parseInt(flags, 16) & LISTENS) !== 0) ? [path] : []
  })
  return [...new Set(paths)]
}
