import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, writeFile } from 'node:fs/promises'
import type { Duplex } from 'node:stream'
import { Fault } from '@cordon/shared/errors'
import { type ControlMessage, ControlReader, EVENT_STATUS } from '../control-messages.ts'

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
  /** Send one command and return its reply; a refusal is a Fault. */
  readonly command: (line: string) => Promise<ControlMessage>
  /** Hear every asynchronous event from now on. */
  readonly listen: (listener: (event: ControlMessage) => void) => void
  /** Settles, with the reason, when the process has ended, wanted or not. */
  readonly ended: Promise<Fault>
  /** End it and wait until it has. */
  readonly stop: () => Promise<void>
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
    () => explainEnd(plan),
    cause => explainEnd(plan, cause),
  )
  await log.close()
  // Node makes a pair of connected AF_UNIX sockets for 'pipe', so the descriptor is readable and writable.
  const control = converse(child.stdio[CONTROL_FD] as Duplex, ended)
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  await control.command('GETINFO version')
  return { nickname: plan.nickname, ...control, ended, stop }
}

function converse(connection: Duplex, ended: Promise<Fault>): Pick<TorProcess, 'command' | 'listen'> {
  const reader = new ControlReader()
  const waiting: ((reply: ControlMessage) => void)[] = []
  const listeners: ((event: ControlMessage) => void)[] = []
  connection.setEncoding('latin1')
  connection.on('data', (text: string) => {
    for (const message of reader.push(text)) {
      if (message.status === EVENT_STATUS) for (const listener of listeners) listener(message)
      else waiting.shift()?.(message)
    }
  })
  // The end of the process says more than the end of its connection, and `ended` tells it.
  connection.on('error', () => connection.destroy())
  return {
    listen: listener => listeners.push(listener),
    async command(line) {
      const reply = new Promise<ControlMessage>(resolve => waiting.push(resolve))
      connection.write(`${line}\r\n`)
      const outcome = await Promise.race([reply, ended])
      if (outcome instanceof Fault) throw outcome
      if (outcome.status === 250) return outcome
      throw new Fault('LAB_FAILED', `tor refused ${line.split(' ')[0]}: ${outcome.status} ${outcome.lines[0]}`, {
        where: 'tor',
        retry: 'never',
      })
    },
  }
}

/** Say why a tor ended, with the last complaint of its log. */
async function explainEnd({ nickname, logPath }: TorPlan, cause?: unknown): Promise<Fault> {
  const log = await readFile(logPath, 'utf8').catch(() => '') // without a log there is less to say, and still a fault
  const complaint = log.split('\n').findLast(line => /\[(?:err|warn)\]/.test(line))
  return new Fault('LAB_FAILED', `${nickname} ended${complaint === undefined ? '' : `: ${complaint}`}`, {
    where: 'tor',
    retry: 'now',
    next: `Read ${logPath}.`,
    cause,
  })
}
