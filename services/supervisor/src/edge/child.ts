import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import type { Readable } from 'node:stream'
import type { PartName } from '@cordon/shared/contracts'
import { PARTS } from '../lifecycle/index.ts'

const SETPRIV = '/usr/bin/setpriv'
const PRLIMIT = '/usr/bin/prlimit'

/** A longer line of a part is cut; the description of a lab is one line of a few kilobytes. Arbitrary. */
const LINE_MAX = 65_536

/**
 * Put in front of a command what takes from it all that it does not need, by programs that become it (exec).
 *
 * It ends when this process is gone, however that ends (PR_SET_PDEATHSIG), gains no privileges by what it executes
 * (PR_SET_NO_NEW_PRIVS), leaves no core dump with keys in it, and opens at most `openFiles` files. Where util-linux is
 * missing the parts still see our end: the gateway by its channel, tor by its owner's id, redis by its standard input.
 */
export function confine(command: readonly string[], openFiles: number | undefined): readonly string[] {
  const privileges = isProgram(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', '--no-new-privs', '--'] : []
  const files = openFiles === undefined ? [] : [`--nofile=${openFiles}:${openFiles}`]
  const limits = isProgram(PRLIMIT) ? [PRLIMIT, '--core=0:0', ...files, '--'] : []
  return [...privileges, ...limits, ...command]
}

/** The limits of a part, from the table of parts. */
export const openFilesOf = (part: PartName): number | undefined => PARTS.find(({ name }) => name === part)?.openFiles

/** Report whether `path` can be executed by us. */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** What a part may know of our environment: nothing that is not named here. */
function environment(command: readonly string[]): NodeJS.ProcessEnv {
  const compiled = command.includes(process.execPath) ? getCompileCacheDir() : undefined
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
    LANG: 'C.UTF-8',
    // Node adds a folder for its version by itself.
    ...(compiled === undefined ? {} : { NODE_COMPILE_CACHE: dirname(compiled) }),
  }
}

/** Start a program without a shell, in `cwd`, with an empty environment. `command` is the program and its arguments. */
export function startChild(
  command: readonly string[],
  cwd: string,
  stdio: NonNullable<SpawnOptions['stdio']>,
): ChildProcess {
  const [program = '', ...args] = command
  // A session of its own: Ctrl-C goes to the supervisor alone, which stops the parts in order.
  return spawn(program, args, { cwd, stdio, env: environment(command), shell: false, detached: true })
}

/** Call `onLine` for each line of `stream`; over-long ones are cut. Never throws. */
export function readLines(stream: Readable | null, onLine: (line: string) => void): void {
  let rest = ''
  stream?.setEncoding('utf8')
  stream?.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = (lines.pop() ?? '').slice(0, LINE_MAX)
    for (const line of lines) if (line.trim() !== '') onLine(line.slice(0, LINE_MAX).trimEnd())
  })
  stream?.on('end', () => {
    if (rest.trim() !== '') onLine(rest)
  })
  stream?.on('error', () => {}) // the pipe of a part that is gone; its exit tells
}

/** Call `onExit` once when the child is gone and its output is read, or when it could not be started. */
export function watchExit(child: ChildProcess, onExit: (detail: string) => void): void {
  let told = false
  const tell = (detail: string): void => {
    if (told) return
    told = true
    onExit(detail)
  }
  child.on('error', cause => {
    // Another one is of a message to a child that has just gone, of whose end 'close' tells.
    if (child.pid === undefined) tell(`could not be started: ${cause.message}`)
  })
  child.once('close', (status, signal) => tell(signal === null ? `ended with status ${status}` : `ended by ${signal}`))
}
