import { type ApiQuestion, askApi } from '@cordon/shared/api/edge/ask-api'
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
