import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { LabDescription, LabMessage } from '@cordon/shared/contracts'

/** The lab's program. */
export const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const OWNER = fileURLToPath(new URL('../fixtures/owner.ts', import.meta.url))

/** Start the lab, or with `owned` a process that starts it and holds its standard input, as the supervisor does. */
export const startLab = (directory: string, { owned = false } = {}): ChildProcess =>
  spawn(process.execPath, owned ? [OWNER, MAIN, directory] : [MAIN, '--dir', directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })

/** Collect what a lab says until `ready` or `failed`. */
export async function hear({ stdout }: ChildProcess): Promise<LabMessage[]> {
  const messages: LabMessage[] = []
  if (stdout === null) return messages
  for await (const line of createInterface({ input: stdout })) {
    const message = JSON.parse(line) as LabMessage
    messages.push(message)
    if (message.type !== 'progress') break
  }
  return messages
}

/** Ask the lab in `directory` for its description; undefined when nobody answers. */
export async function askLab(directory: string): Promise<LabDescription | undefined> {
  // Nobody listens, or one who is dying: its socket is open for a moment after it is gone from the list of processes.
  const said = await text(connect(`${directory}/lab.sock`)).catch(() => '')
  return said === '' ? undefined : (JSON.parse(said) as LabDescription)
}

/** List the processes whose command line names `directory`, from the outside. */
export const processesOf = (directory: string): number[] =>
  readdirSync('/proc').flatMap(entry => {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) return []
    try {
      const names = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0')
      return names.some(name => name === directory || name.startsWith(`${directory}/`)) ? [Number(entry)] : []
    } catch {
      return [] // ended while we looked
    }
  })

/** Wait until `holds` is true, for at most `ms`. */
export async function until(holds: () => boolean | Promise<boolean>, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms
  while (!(await holds())) {
    if (performance.now() > deadline) return false
    await delay(50)
  }
  return true
}
