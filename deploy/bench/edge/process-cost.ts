import { readdirSync, readFileSync } from 'node:fs'

/** Clock ticks a second of /proc/PID/stat: USER_HZ, 100 on every Linux that Node runs on (proc(5)). */
const TICKS_PER_SECOND = 100

/** The processor time that a process and its descendants have used, in seconds, at 10 ms each. */
export function readCpuSeconds(pid: number): number {
  let ticks = 0
  for (const one of familyOf(pid)) {
    const stat = readFileSync(`/proc/${one}/stat`, 'latin1')
    // The name in parentheses may hold anything. utime, stime, cutime and cstime are fields 14 to 17, the 12th to 15th
    // after it; the last two are of children that have ended: danted ends some as it goes.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    for (const field of fields.slice(11, 15)) ticks += Number(field)
  }
  return ticks / TICKS_PER_SECOND
}

/** The memory of one process in KiB, shared pages counted in parts (PSS). */
export function readPssKiB(pid: number): number {
  const [, kib] = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1')) ?? []
  return Number(kib)
}

/** The same of a process and its descendants, without those of a name. */
export const readFamilyPssKiB = (pid: number, except?: string): number =>
  familyOf(pid)
    .filter(one => readFileSync(`/proc/${one}/comm`, 'utf8').trim() !== except)
    .reduce((sum, one) => sum + readPssKiB(one), 0)

/** The processor time of all that we started and that has ended, in milliseconds, at 10 ms each. */
export function readEndedCpuMs(): number {
  const stat = readFileSync('/proc/self/stat', 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND) * 1000
}

/** Read PSS until three readings a second apart agree within 1 %: a collector that is still at work is waited for. */
export async function readSettledPssKiB(pid: number): Promise<number> {
  const last: number[] = []
  for (let reading = 0; reading < 30; reading++) {
    last.push(readPssKiB(pid))
    const recent = last.slice(-3)
    if (recent.length === 3 && Math.max(...recent) <= Math.min(...recent) * 1.01) break
    await new Promise(resolve => setTimeout(resolve, 1000))
  }
  return last.at(-1) ?? Number.NaN
}

function familyOf(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap(task =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
  )
  return [pid, ...children.flatMap(familyOf)]
}
