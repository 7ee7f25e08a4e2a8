import { connect } from 'node:net'
import type { AppSettings, AppStatus, Problem } from '@cordon/shared/contracts'
import { CATALOGUE, Fault, type FaultCode, systemCode } from '@cordon/shared/errors'
import type { AppId } from '@cordon/shared/isolation'
import { type AdminQuestion, encodeQuestion, parseAnswer } from '../confine/admin-exchange.ts'

/** A gateway that runs answers in milliseconds. Arbitrary. */
const ANSWER_DEADLINE_MS = 10_000

/** No list of apps comes near. */
const ANSWER_MAX_BYTES = 16_777_216

/** What the launcher needs to know of an app. */
export type KnownApp = Pick<AppStatus, 'id' | 'dnsPort' | 'socket' | 'port' | 'control' | 'trouble'>

/** Find an app at the gateway, or register it with `settings`. */
export async function openApp(gatewaySocket: string, app: AppId, settings: AppSettings): Promise<KnownApp> {
  const { apps } = (await ask(gatewaySocket, { method: 'GET', path: '/v1/apps' })) as {
    readonly apps: readonly KnownApp[]
  }
  const found = apps.find(({ id }) => id === app)
  if (found !== undefined) return found
  return (await ask(gatewaySocket, { method: 'POST', path: '/v1/apps', body: { id: app, settings } })) as KnownApp
}

async function ask(socketPath: string, question: AdminQuestion): Promise<unknown> {
  const answer = parseAnswer(await exchange(socketPath, encodeQuestion(question)))
  if (answer === undefined) throw noAnswer(undefined)
  const { status, value } = answer
  if (status < 300 && value !== undefined) return value
  if (isProblem(value)) throw toFault(value)
  throw new Fault('SUP_ANSWER_UNKNOWN', `the gateway answered ${status} with something unknown`, {
    where: 'local',
    retry: 'never',
    next: 'Restart Cordon: the command and what runs may be of different versions.',
  })
}

/** Send one question and read until the other end closes, within bounds. */
async function exchange(path: string, question: string): Promise<string> {
  const socket = connect({ path })
  socket.setTimeout(ANSWER_DEADLINE_MS, () => socket.destroy(new Error('too late')))
  try {
    const chunks: Buffer[] = []
    let bytes = 0
    socket.write(question)
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > ANSWER_MAX_BYTES) throw new Error(`an answer of more than ${ANSWER_MAX_BYTES} bytes`)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString('utf8')
  } catch (cause) {
    const isAbsent = ['ENOENT', 'ECONNREFUSED'].includes(systemCode(cause) ?? '')
    throw isAbsent ? notRunning(cause) : noAnswer(cause)
  } finally {
    socket.destroy()
  }
}

const notRunning = (cause: unknown): Fault =>
  new Fault('SUP_NOT_RUNNING', 'cordon is not running, so nothing was started', {
    where: 'local',
    retry: 'after-waiting',
    next: 'Start it with `cordon up`, or name its directories with --state-dir and --runtime-dir.',
    cause,
  })

const noAnswer = (cause: unknown): Fault =>
  new Fault('SUP_NOT_READY', 'the gateway does not answer, so nothing was started', {
    where: 'local',
    retry: 'after-waiting',
    next: 'See `cordon status` for what it waits for.',
    cause,
  })

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value
}

function toFault({ code, message, next }: Problem): Fault {
  const known = Object.hasOwn(CATALOGUE, code) ? (code as FaultCode) : 'SUP_ANSWER_UNKNOWN'
  return new Fault(known, message, { where: 'local', retry: 'never', ...(next === null ? {} : { next }) })
}
