import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LAB_DESCRIPTION, LAB_MESSAGE, type LabDescription } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import { answers, openPrivateDirectory, withDeadline } from '@cordon/shared/runtime/edge'
import { fits } from '@cordon/shared/schema'
import { confine, openFilesOf, readLines, startChild, watchExit } from './child.ts'
import type { Instance } from './instance.ts'
import type { PartDriver, PartReporter, RunningPart } from './part-driver.ts'
import { isNobodyThere } from './part-health.ts'
import { requireSource } from './source-program.ts'

const LAB = fileURLToPath(new URL('../../../../deploy/lab/src/main.ts', import.meta.url))

/** A lab that runs answers at once. Arbitrary. */
const DESCRIPTION_DEADLINE_MS = 5000

/** Start the lab, or join the one that answers in `directory` and leave it running. */
export function driveLab(instance: Instance, directory: string): PartDriver {
  return async reporter => {
    const socket = socketIn(directory)
    instance.lab = undefined
    return instance.layout.access === 'group' || (await answers(socket))
      ? joinLab(instance, socket, reporter)
      : startLab(instance, directory, socket, reporter)
  }
}

async function joinLab(instance: Instance, socket: string, reporter: PartReporter): Promise<RunningPart> {
  instance.lab = await readDescription(socket)
  let over = false
  const end = (detail: string): void => {
    if (over) return
    over = true
    instance.lab = undefined
    reporter.exited(detail)
  }
  setImmediate(() => reporter.announce({ type: 'ready' }))
  const leave = (): void => end('left')
  return {
    pid: null,
    check: async () => {
      await askLab(socket).catch((thrown: unknown) => {
        if (isNobodyThere(thrown)) end('the lab that was joined has ended')
        throw thrown
      })
    },
    stop: () => setImmediate(leave),
    reload: () => {},
    kill: () => setImmediate(leave),
  }
}

async function startLab(
  instance: Instance,
  directory: string,
  socket: string,
  reporter: PartReporter,
): Promise<RunningPart> {
  await requireSource(LAB, 'the lab')
  await openPrivateDirectory(directory)
  const command = confine([process.execPath, LAB, '--dir', directory], openFilesOf('lab'))
  // The lab ends with its standard input, so this pipe is held open as long as it is wanted.
  const child = startChild(command, directory, ['pipe', 'pipe', 'pipe'])
  child.stdin?.on('error', () => {}) // it has ended; its exit tells
  readLines(child.stdout, line => hear(line, instance, reporter))
  readLines(child.stderr, line => reporter.log('error', line))
  watchExit(child, detail => {
    instance.lab = undefined
    reporter.exited(detail)
  })
  return {
    pid: child.pid ?? null,
    check: () => askLab(socket),
    stop: () => child.stdin?.end(),
    reload: () => {},
    kill: () => void child.kill('SIGKILL'),
  }
}

function hear(line: string, instance: Instance, reporter: PartReporter): void {
  const message = parseJson(line)
  if (!fits(LAB_MESSAGE, message)) {
    reporter.log('warn', 'it said something unknown')
    return
  }
  switch (message.type) {
    case 'progress':
      reporter.announce({ type: 'waiting', detail: `${message.percent} %: ${message.message}` })
      break
    case 'ready':
      instance.lab = message.description
      reporter.announce({ type: 'ready' })
      break
    case 'failed':
      reporter.announce(message)
  }
}

/** A stopped program still accepts connections: only that it says something shows that it lives. */
const askLab = async (socket: string): Promise<void> => void (await readFirstLine(socket))

/** Read what a client of the lab in `directory` needs, from the lab itself. */
export const readLabDescription = (directory: string): Promise<LabDescription> => readDescription(socketIn(directory))

/** Find out whether a lab answers in `directory`: in containers nobody else can say whether there is one. */
export const findLab = async (directory: string | undefined): Promise<string | undefined> =>
  directory !== undefined && (await answers(socketIn(directory))) ? directory : undefined

const socketIn = (directory: string): string => join(directory, 'lab.sock')

async function readDescription(socket: string): Promise<LabDescription> {
  const description = parseJson(await readFirstLine(socket))
  if (fits(LAB_DESCRIPTION, description)) return description
  throw strange(socket)
}

function readFirstLine(socket: string): Promise<string> {
  const line = new Promise<string>((resolve, reject) => {
    const connection = connect({ path: socket })
    readLines(connection, text => {
      resolve(text)
      connection.destroy()
    })
    connection.once('error', reject)
    connection.once('close', () => reject(strange(socket)))
  })
  return withDeadline(line, DESCRIPTION_DEADLINE_MS, () => strange(socket))
}

const strange = (socket: string): Fault =>
  new Fault('SUP_ANSWER_UNKNOWN', `what answers at ${socket} is not a lab, or one of another version`, {
    where: 'local',
    retry: 'after-waiting',
    next: 'Stop it and start it again with this version, or name another directory with --lab-dir.',
  })

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
