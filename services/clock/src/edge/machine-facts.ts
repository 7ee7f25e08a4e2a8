import { lstatSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { findDaemons } from '../discipline/index.ts'

/** List the daemons on this machine that move its clock, as far as this user may see processes. */
export async function listClockDaemons(): Promise<readonly string[]> {
  const processes = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const names = await Promise.all(
    processes.map(id => readFile(`/proc/${id}/comm`, 'latin1').catch(() => '')), // it has ended meanwhile
  )
  return findDaemons(names.map(name => name.trim()))
}

/** Report whether a socket is where chrony takes samples; whether anybody reads it, only sending tells. */
export function isSocket(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() ?? false
}
