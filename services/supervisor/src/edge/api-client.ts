import { type IncomingMessage, type RequestOptions, request } from 'node:http'
import { Fault, systemCode } from '@cordon/shared/errors'
import { type AnswerReader, readProblem, readStatus, toFault } from '../cli/index.ts'

/** A part that runs answers in milliseconds; a stopped one must not hold a command. Arbitrary. */
const ANSWER_DEADLINE_MS = 10_000

/** No answer of ours comes near: the circuits of 500 apps. */
const ANSWER_MAX_BYTES = 16_777_216

/** One question to an API of ours. */
export interface Question<T> {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  /** The trace that the answer's work belongs to (W3C). */
  readonly traceparent?: string
  /** Reads the answer of a success. */
  readonly read: AnswerReader<T>
}

/** Ask the supervisor for its status. */
export const STATUS_QUESTION = { method: 'GET', path: '/v1/status', read: readStatus } as const

/** Ask the API on one AF_UNIX socket. `SUP_NOT_RUNNING` means that nobody listens there. */
export async function ask<T>(
  socketPath: string,
  { method, path, body, traceparent, read }: Question<T>,
  deadlineMs = ANSWER_DEADLINE_MS,
): Promise<T> {
  const payload = body === undefined ? undefined : JSON.stringify(body)
  const signal = AbortSignal.timeout(deadlineMs)
  const headers = {
    ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
    ...(traceparent === undefined ? {} : { traceparent }),
  }
  const { status, content } = await exchange({ socketPath, method, path, headers, agent: false, signal }, payload)
  const value = content === '' ? undefined : parseJson(content)
  const problem = status >= 400 ? readProblem(value) : undefined
  if (problem !== undefined) throw toFault(problem)
  const answer = status < 300 ? read(value) : undefined
  if (answer !== undefined) return answer
  throw new Fault('SUP_ANSWER_UNKNOWN', `a part of Cordon answered ${status} with something unknown`, {
    where: 'local',
    retry: 'never',
    next: 'Restart Cordon: the command and what runs may be of different versions.',
  })
}

/** Send one request and read its whole answer. */
async function exchange(
  options: RequestOptions,
  payload: string | undefined,
): Promise<{ readonly status: number; readonly content: string }> {
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(options, resolve).once('error', reject).end(payload)
    })
    return { status: response.statusCode ?? 0, content: await readBounded(response) }
  } catch (cause) {
    const code = systemCode(cause)
    throw isAbsence(code) ? notRunning(cause) : code === 'EACCES' ? notAllowed(cause) : noAnswer(cause)
  }
}

async function readBounded(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    bytes += chunk.length
    if (bytes > ANSWER_MAX_BYTES) throw new Error(`an answer of more than ${ANSWER_MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const isAbsence = (code: string | undefined): boolean => code === 'ENOENT' || code === 'ECONNREFUSED'

const notRunning = (cause: unknown): Fault =>
  new Fault('SUP_NOT_RUNNING', 'cordon is not running', {
    where: 'local',
    retry: 'after-waiting',
    next: 'Start it with `cordon up`, or name its directories with --state-dir and --runtime-dir.',
    cause,
  })

const notAllowed = (cause: unknown): Fault =>
  new Fault('HOST_SOCKET_UNUSABLE', 'cordon runs for other users, and this one may not use it', {
    where: 'host',
    retry: 'never',
    next: 'Add this user to the group that its sockets belong to (cordon), and log in again.',
    cause,
  })

const noAnswer = (cause: unknown): Fault =>
  new Fault('SUP_NOT_READY', 'cordon runs and does not answer, or stops at this moment', {
    where: 'local',
    retry: 'after-waiting',
    next: 'Try again; if it stays so, end its process and start it with `cordon up`.',
    cause,
  })

/** What is no JSON is text. */
function parseJson(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    return content
  }
}
