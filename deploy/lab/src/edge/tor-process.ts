import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, writeFile } from 'node:fs/promises'
import type { Duplex } from 'node:stream'
import { Fault, type Malformed } from '@cordon/shared/errors'
import { type Command, isAsynchronous, OK, type Reply, ReplyReader } from '@cordon/shared/tor-control'
import { askForProgress } from '../tor-events.ts'

/** What it takes to start one tor. */
export interface TorPlan {
  readonly program: string
  readonly nickname: string
  readonly torrc: string
  readonly torrcPath: string
  readonly defaultsPath: string
  readonly logPath: string
}

/** A tor that we started, own and talk to. It ends when this process does, because the descriptor closes with it. */
export interface TorProcess {
  readonly nickname: string
  /** Send one command and return its reply, which may be a refusal. */
  readonly ask: (command: Command | Malformed) => Promise<Reply>
  /** Send one command that must be carried out; a refusal is a Fault. */
  readonly send: (command: Command | Malformed) => Promise<Reply>
  /** Hear every asynchronous event from now on. */
  readonly listen: (listener: (event: Reply) => void) => void
  /** Settles, with the reason, when the process has ended, wanted or not. */
  readonly ended: Promise<Fault>
}

/** The child's descriptor that is tor's control connection (`__OwningControllerFD`): no socket on disk, no password. */
const CONTROL_FD = 3

/** Start a tor and return when it answers; its listeners are open by then. */
export async function openTor(plan: TorPlan): Promise<TorProcess> {
  await writeFile(plan.torrcPath, plan.torrc)
  const log = await open(plan.logPath, 'w', 0o600)
  const args = ['-f', plan.torrcPath, '--defaults-torrc', plan.defaultsPath, '--__OwningControllerFD', `${CONTROL_FD}`]
  const child = spawn(plan.program, args, { stdio: ['ignore', log.fd, log.fd, 'pipe'] })
  const ended = once(child, 'close').then(
    ([status, signal]) => explainEnd(plan, `ended with ${signal ?? `status ${status}`}`),
    cause => explainEnd(plan, 'did not start', cause),
  )
  await log.close()
  // Node makes a pair of connected AF_UNIX sockets for 'pipe', so the descriptor is readable and writable.
  const control = converse(child.stdio[CONTROL_FD] as Duplex, ended)
  await control.send(askForProgress())
  return { nickname: plan.nickname, ...control, ended }
}

function converse(connection: Duplex, ended: Promise<Fault>): Pick<TorProcess, 'ask' | 'send' | 'listen'> {
  const reader = new ReplyReader()
  const waiting: ((reply: Reply) => void)[] = []
  const listeners: ((event: Reply) => void)[] = []
  connection.on('data', (bytes: Buffer) => {
    const { replies, malformed } = reader.push(bytes)
    for (const reply of replies) {
      if (!isAsynchronous(reply)) waiting.shift()?.(reply)
      else for (const listener of listeners) listener(reply)
    }
    // The owning connection takes its tor with it, and `ended` tells.
    if (malformed !== undefined) connection.destroy()
  })
  connection.on('error', () => connection.destroy())
  const ask = async (command: Command | Malformed): Promise<Reply> => {
    if (command.type === 'malformed') throw refused(`a command with an illegal ${command.why}`)
    const reply = new Promise<Reply>(resolve => waiting.push(resolve))
    connection.write(command.bytes)
    const outcome = await Promise.race([reply, ended])
    if (outcome instanceof Fault) throw outcome
    return outcome
  }
  return {
    ask,
    listen: listener => listeners.push(listener),
    async send(command) {
      const reply = await ask(command)
      if (reply.status === OK) return reply
      const keyword = command.type === 'command' ? command.keyword : command.why
      throw refused(`${keyword} (${reply.status} ${reply.lines[0]?.text})`)
    },
  }
}

const refused = (what: string): Fault =>
  new Fault('LAB_FAILED', `a tor of the lab refused ${what}`, { where: 'tor', retry: 'never' })

/** Say how a tor ended, with the last error of its log. */
async function explainEnd({ nickname, logPath }: TorPlan, how: string, cause?: unknown): Promise<Fault> {
  const log = await readFile(logPath, 'utf8').catch(() => '') // without a log there is less to say, and still a fault
  const error = /.*\[err\] (.*)/s.exec(log)?.[1]?.split('\n')[0]
  return new Fault('LAB_FAILED', `${nickname} ${how}${error === undefined ? '' : `: ${error}`}`, {
    where: 'tor',
    retry: 'now',
    next: `Read ${logPath}.`,
    cause,
  })
}
