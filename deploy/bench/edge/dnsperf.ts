import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import type { Lab } from './lab.ts'
import { readCpuSeconds } from './process-cost.ts'
import type { Programs } from './programs.ts'

/** A server of names under load. */
export interface NameServer {
  readonly pid: number
  /** At 127.0.0.1, or in the lab's network where that is said. */
  readonly port: number
  readonly inLab: boolean
}

/** What a server did for a while. */
export interface Answered {
  readonly perSecond: number
  /** Processor time of the server, in milliseconds, for a thousand answers. */
  readonly msPerThousand: number
}

/** Questions under way at a time: dnsperf's own default. */
export const AT_ONCE = 100

/** Ask a server the questions of a file, again and again, for some seconds. */
export async function askInARow(
  programs: Programs,
  { lab, server, questions, seconds }: { lab: Lab; server: NameServer; questions: string; seconds: number },
): Promise<Answered> {
  const { pid, port, inLab } = server
  const where = ['-s', '127.0.0.1', '-p', String(port), '-d', questions]
  const args = [...where, '-l', String(seconds), '-q', String(AT_ONCE), '-O', 'suppress=timeout']
  const inside = ['--preserve-credentials', '--user', '--net', '--target', String(lab.pid), '--', 'dnsperf']
  const before = readCpuSeconds(pid)
  const child = inLab
    ? programs.spawn('nsenter', [...inside, ...args], ['ignore', 'pipe', 'ignore'])
    : programs.spawn('dnsperf', args, ['ignore', 'pipe', 'ignore'])
  if (child.stdout === null) throw new Error('dnsperf has no standard output')
  const [said] = await Promise.all([text(child.stdout), once(child, 'exit')])
  const [, perSecond] = /Queries per second:\s+([0-9.]+)/.exec(said) ?? []
  const [, answered] = /NOERROR ([0-9]+)/.exec(said) ?? []
  if (perSecond === undefined || answered === undefined) throw new Error(`no answer at port ${port}: ${said}`)
  const ms = (readCpuSeconds(pid) - before) * 1000
  return { perSecond: Number(perSecond), msPerThousand: ms / (Number(answered) / 1000) }
}
