import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/** A program that ran to its end. */
export interface TimedProgram {
  readonly seconds: number
  /** Of it and of all that it waited for. */
  readonly cpuSeconds: number
  readonly stdout: string
}

/** A line of `times` (POSIX.1-2017, "times"): user and system time, here of the children. */
const TIMES = /^(\d+)m([\d.]+)s (\d+)m([\d.]+)s$/

/** Run a program to its end and measure it, or throw if it fails. The shell's own `times` knows all of its children. */
export async function timeProgram(command: readonly string[]): Promise<TimedProgram> {
  const before = performance.now()
  const script = '"$@"; status=$?; times >&3; exit $status'
  const child = spawn('sh', ['-c', script, 'sh', ...command], { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] })
  const [out, told] = [child.stdio[1], child.stdio[3]] as [NodeJS.ReadableStream, NodeJS.ReadableStream]
  const [stdout, times, [status]] = await Promise.all([text(out), text(told), once(child, 'close')])
  const seconds = (performance.now() - before) / 1000
  if (status !== 0) throw new Error(`${command[0]} ended with ${status}`)
  const [, ...numbers] = TIMES.exec(times.trim().split('\n').at(-1) ?? '') ?? []
  const [userMinutes = 0, user = 0, systemMinutes = 0, system = 0] = numbers.map(Number)
  return { seconds, cpuSeconds: (userMinutes + systemMinutes) * 60 + user + system, stdout }
}
