import { PROBLEM, STATUS } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import type Type from 'typebox'
import Value from 'typebox/value'
import { Agent, request } from 'undici'
import { toFault } from '../cli/index.ts'

/** A part that runs answers in milliseconds; a stopped one must not hold a command. Arbitrary. */
const ANSWER_DEADLINE_MS = 10_000

/** No answer of ours comes near: the circuits of 500 apps. */
const ANSWER_MAX_BYTES = 16_777_216

/** One question to an API of ours. */
export interface Question<T extends Type.TSchema> {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  /** What a success looks like; undefined where it has no body. */
  readonly answer: T
}

/** Ask the supervisor for its status. */
export const STATUS_QUESTION = { method: 'GET', path: '/v1/status', answer: STATUS } as const

/** Ask the API on one AF_UNIX socket. */
export async function ask<T extends Type.TSchema>(socketPath: string, question: Question<T>): Promise<Type.Static<T>> {
  const { method, path, body, answer } = question
  await using dispatcher = disposable(new Agent({ connect: { socketPath }, maxResponseSize: ANSWER_MAX_BYTES }))
  const response = await request(`http://localhost${path}`, {
    method,
    dispatcher: dispatcher.agent,
    headersTimeout: ANSWER_DEADLINE_MS,
    bodyTimeout: ANSWER_DEADLINE_MS,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  }).catch(cause => {
    throw new Fault('SUP_NOT_RUNNING', 'cordon is not running, or starts or stops at this moment', {
      where: 'local',
      retry: 'after-waiting',
      next: 'See `cordon status`; start it with `cordon up`.',
      cause,
    })
  })
  const text = await response.body.text()
  const value: unknown = text === '' ? undefined : parseJson(text)
  if (response.statusCode >= 400 && Value.Check(PROBLEM, value)) throw toFault(value)
  if (response.statusCode < 300 && Value.Check(answer, value)) return value
  throw new Fault('SUP_ANSWER_UNKNOWN', `a part of Cordon answered ${response.statusCode} with something unknown`, {
    where: 'local',
    retry: 'never',
    next: 'Restart Cordon: the command and what runs may be of different versions.',
  })
}

function disposable(agent: Agent): AsyncDisposable & { readonly agent: Agent } {
  return { agent, [Symbol.asyncDispose]: () => agent.destroy() }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
