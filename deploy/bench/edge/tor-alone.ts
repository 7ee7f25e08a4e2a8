import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { layOutRuntime } from '@cordon/shared/contracts'
import { runtimeIn } from './cordon-up.ts'
import type { Lab } from './lab.ts'
import type { Programs } from './programs.ts'

/** The program and arguments of a running process (proc(5)). */
export const readCommand = (pid: number): readonly string[] =>
  readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)

/**
 * Start the tor of a Cordon that has ended, by the same command in the same lab and on the same data, and give how long
 * it took until it had a circuit. It has ended when this returns.
 */
export async function timeTorAlone(
  programs: Programs,
  { lab, directory, command }: { lab: Lab; directory: string; command: readonly string[] },
): Promise<number> {
  // The supervisor has taken the directory of the sockets away.
  await mkdir(layOutRuntime(runtimeIn(directory)).torDirectory, { recursive: true, mode: 0o700 })
  const enter = ['--preserve-credentials', '--user', '--net', '--target', String(lab.pid), '--']
  // In the torrc stands a supervisor that is gone, and tor would follow it.
  const args = [...enter, ...command, '--__OwningControllerProcess', String(process.pid)]
  const start = performance.now()
  const child = programs.spawn('nsenter', args, ['ignore', 'pipe', 'pipe'])
  if (child.stdout === null) throw new Error('tor has no standard output')
  for await (const line of createInterface(child.stdout)) {
    if (!line.includes('Bootstrapped 100%')) continue
    const ms = performance.now() - start
    await programs.end(child)
    return ms
  }
  throw new Error('tor ended before it was ready')
}
