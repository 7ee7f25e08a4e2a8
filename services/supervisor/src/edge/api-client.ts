import { type ApiQuestion, askApi } from '@cordon/shared/api/edge/ask-api'
import type { RuntimeLayout } from '@cordon/shared/contracts'
import { Fault, systemCode } from '@cordon/shared/errors'
import { type AnswerReader, readProblem, readStatus, toFault } from '../cli/index.ts'

/** One question to an API of ours, with what reads the answer of a success. */
export interface Question<T> extends ApiQuestion {
  readonly read: AnswerReader<T>
}

/** Ask the supervisor for its status. */
export const STATUS_QUESTION = { method: 'GET', path: '/v1/status', read: readStatus } as const

/** Ask the API on one AF_UNIX socket. `SUP_NOT_RUNNING` means that nobody listens there. */
export async function ask<T>(socketPath: string, { read, ...question }: Question<T>, deadlineMs?: number): Promise<T> {
  const { status, value } = await askApi(socketPath, question, deadlineMs).catch((cause: unknown) => {
    throw explainSilence(cause)
  })
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

/** Where the parts that are asked listen, and what is said while they do not. */
const PARTS = {
  gateway: { socket: 'gatewaySocket', notReady: 'the gateway is not ready; nothing passes it meanwhile' },
  dns: { socket: 'dnsSocket', notReady: 'dns is not ready' },
  clock: { socket: 'clockSocket', notReady: 'the clock is not ready' },
  updates: { socket: 'updatesSocket', notReady: 'the update checks are not ready' },
} as const

/**
 * Ask the API of a part. That it does not answer means one thing where nothing runs, another where the configuration
 * leaves it out, and another where it is being started.
 */
export async function askPart<T>(
  layout: RuntimeLayout,
  part: keyof typeof PARTS,
  question: Question<T>,
  deadlineMs?: number,
): Promise<T> {
  const { socket, notReady } = PARTS[part]
  return await ask(layout[socket], question, deadlineMs).catch(async (thrown: unknown) => {
    if (!isNotRunning(thrown)) throw thrown
    const { parts } = await ask(layout.supervisorSocket, STATUS_QUESTION)
    if (!parts.some(({ name }) => name === part)) throw leftOut(part)
    throw new Fault('SUP_NOT_READY', notReady, {
      where: 'local',
      retry: 'after-waiting',
      next: 'See `cordon status` for what it waits for.',
    })
  })
}

/** Report whether a question failed because Cordon does not run. */
export const isNotRunning = (thrown: unknown): boolean => thrown instanceof Fault && thrown.code === 'SUP_NOT_RUNNING'

/** Say that a service is not there because nobody wants it. */
export const leftOut = (service: string): Fault =>
  new Fault('SUP_SERVICE_LEFT_OUT', `${service} does not run: services in cordon.yaml leaves it out`, {
    where: 'local',
    retry: 'never',
    next: `Add ${service} to services, then \`cordon down\` and \`cordon up\`.`,
  })

function explainSilence(cause: unknown): Fault {
  const code = systemCode(cause)
  return isAbsence(code) ? notRunning(cause) : code === 'EACCES' ? notAllowed(cause) : noAnswer(cause)
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
