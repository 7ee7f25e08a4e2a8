import { flushCompileCache } from 'node:module'
import { createServer } from 'node:net'
import {
  PART_NOTICE,
  PART_QUESTION,
  type PartName,
  type PartNotice,
  type RuntimeLayout,
} from '../../contracts/index.ts'
import { fits } from '../../schema/index.ts'
import { formatServiceNotice, type PartAnnouncement, type PartCondition } from '../service-notice.ts'
import { listenPrivately } from './private-socket.ts'
import { openServiceManager, type ServiceManager } from './service-manager.ts'

/** Who started this process is one fact of the process, as its standard streams are. */
let manager: ServiceManager | undefined
let condition: PartCondition = { type: 'waiting', detail: 'starting' }

/** Tell whoever started us, the supervisor or a service manager, how this part is. */
export function announce(message: PartAnnouncement): void {
  if (message.type !== 'breached') condition = message
  if (process.connected === true) process.send?.(message)
  else {
    manager?.send(formatServiceNotice(message))
    // The log line says what is wrong; whoever reads it in a journal or of a container wants the next step too.
    if (message.type === 'failed' && message.next !== null) process.stderr.write(`next: ${message.next}\n`)
  }
}

/** Answer the question whether this part lives. The answer comes from the event loop that does its work. */
export function answerHealth(): void {
  if (process.connected !== true) manager = openServiceManager(process.env, process.pid)
  process.on('message', message => {
    if (fits(PART_QUESTION, message) && process.connected) process.send?.({ type: 'alive' })
  })
  // Node keeps compiled sources at an orderly end only; a part that is killed must not start slowly for ever.
  process.once('message', () => flushCompileCache())
}

/**
 * Say how this part is, as a line of JSON ({@link PartCondition}), to everyone who connects to its health socket.
 *
 * Only in system mode: elsewhere the supervisor is the parent, and asks over its channel.
 */
export async function openHealthSocket(layout: RuntimeLayout, part: PartName): Promise<void> {
  if (layout.access === 'user') return
  const server = createServer(connection => {
    connection.on('error', () => {}) // whoever asked has gone
    connection.end(`${JSON.stringify(condition)}\n`)
  })
  await listenPrivately(server, layout.healthSocket(part), layout.access)
  server.unref()
}

/** Call `resume` after each sleep of the machine, when the supervisor has seen to tor; `sleptMs` is monotonic. */
export function onResume(resume: (sleep: Omit<PartNotice, 'type'>) => void): void {
  process.on('message', message => {
    if (fits(PART_NOTICE, message)) resume(message)
  })
}

/** Call `stop` once when the supervisor has gone or asks us to end (SIGTERM, SIGINT). */
export function onStop(stop: () => void): void {
  let stopping = false
  const once = (): void => {
    if (stopping) return
    stopping = true
    manager?.send('STOPPING=1')
    stop()
  }
  process.once('disconnect', once)
  process.on('SIGTERM', once)
  process.on('SIGINT', once)
}
