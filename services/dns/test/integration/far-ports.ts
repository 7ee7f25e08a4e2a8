import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** List those of `ports` that the sockets of a process lead to. */
export function listFarPorts(pid: number, ports: ReadonlySet<number>): number[] {
  const sockets = new Set(
    readdirSync(`/proc/${pid}/fd`).map(fd => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1]
      } catch {
        return undefined // closed meanwhile
      }
    }),
  )
  return ['udp', 'udp6', 'tcp', 'tcp6'].flatMap(table => {
    const rows = readFileSync(`/proc/${pid}/net/${table}`, 'latin1').split('\n').slice(1)
    // Far address and inode are fields 3 and 10 (proc(5)).
    const fields = rows.map(row => row.trim().split(/\s+/))
    const far = fields.flatMap(row => (sockets.has(row[9]) ? [Number.parseInt(row[2]?.split(':')[1] ?? '', 16)] : []))
    return far.filter(port => ports.has(port))
  })
}
