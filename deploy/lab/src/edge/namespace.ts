import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { internal } from '@cordon/shared/errors'
import type { InsideMessage } from '../inside-message.ts'
import type { Programs } from '../programs.ts'

/** What unshare(1) makes; with process 1 goes everything that it started. */
const MAKE_NAMESPACES = ['--user', '--map-root-user', '--net', '--mount', '--pid', '--fork', '--kill-child', '--']

/** The lab's namespaces, seen from outside. */
export interface Namespace {
  /** The process that made them and waits for process 1; it is in the user and network namespace itself. */
  readonly pid: number
  readonly messages: AsyncIterable<InsideMessage>
  /** Settles when nothing of the lab runs any more, with what was said on standard error. */
  readonly ended: Promise<string>
  /** End everything inside and wait until it has ended. */
  readonly close: () => Promise<void>
}

/** How long process 1 may take to notice that its standard input has closed before it is killed. Arbitrary. */
const PATIENCE_MS = 2000

/**
 * Make the namespaces and start the inside program in them.
 *
 * Three things end it, each enough alone: its standard input closes with ours; the kernel kills unshare when we die,
 * however that happens (setpriv --pdeathsig); it kills process 1 when unshare dies (--kill-child), and with process 1
 * everything in the process namespace. With `here` there is none to make: each tor ends with its control connection,
 * which goes with the inside program.
 */
export function openNamespace({ setpriv, unshare }: Programs, directory: string, here: boolean): Namespace {
  const { PATH } = process.env
  const inside = fileURLToPath(new URL('inside.ts', import.meta.url))
  const child = spawn(
    setpriv,
    [
      ...['--pdeathsig', 'KILL', '--'],
      ...(here ? [] : [unshare, ...MAKE_NAMESPACES]),
      ...[process.execPath, inside, directory, ...(here ? ['here'] : [])],
    ],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
      // A session of its own: Ctrl-C in a terminal is for us to hear, and we end it in order.
      detached: true,
      env: { PATH, LC_ALL: 'C.UTF-8' },
      cwd: '/',
    },
  )
  if (child.pid === undefined) throw internal(`${setpriv} was found and cannot be started`)
  child.stdin.on('error', () => {}) // process 1 has gone, which `ended` tells
  const ended = Promise.all([text(child.stderr), once(child, 'close')]).then(([said]) => said)
  return { pid: child.pid, messages: readMessages(child.stdout), ended, close: () => end(child, ended) }
}

async function* readMessages(stream: NodeJS.ReadableStream): AsyncGenerator<InsideMessage> {
  for await (const line of createInterface({ input: stream })) yield JSON.parse(line) as InsideMessage
}

async function end(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.stdin?.end()
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  await ended
  clearTimeout(timer)
}
