import { type IncomingMessage, request } from 'node:http'
// That file alone: every command loads this one.
import { startDeadline } from '../../runtime/edge/deadline.ts'

/** A part that runs answers in milliseconds; a stopped one must not hold who asks. Arbitrary. */
const DEADLINE_MS = 10_000

/** No answer of ours comes near: the circuits of 500 apps. */
const ANSWER_MAX_BYTES = 16_777_216

/** One question to an API of ours. */
export interface ApiQuestion {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  /** Sent as JSON. */
  readonly body?: unknown
  /** The trace that the answer's work belongs to (W3C). */
  readonly traceparent?: string | undefined
}

export interface ApiAnswer {
  readonly status: number
  /** What the JSON says; an answer without a body is undefined, and what is no JSON is text. */
  readonly value: unknown
}

/**
 * Ask the API on an AF_UNIX socket, over a connection of its own, whatever the answer's status.
 *
 * Reject with the system's error (`ENOENT`, `ECONNREFUSED`, `EACCES`, …), or at the deadline.
 */
export async function askApi(socketPath: string, question: ApiQuestion, deadlineMs = DEADLINE_MS): Promise<ApiAnswer> {
  const { method, path, body, traceparent } = question
  const headers = {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(traceparent === undefined ? {} : { traceparent }),
  }
  const abort = new AbortController()
  const callOff = startDeadline(deadlineMs, () => abort.abort())
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request({ socketPath, method, path, headers, agent: false, signal: abort.signal }, resolve)
        .once('error', reject)
        .end(body === undefined ? undefined : JSON.stringify(body))
    })
    const content = await readBounded(answer)
    return { status: answer.statusCode ?? 0, value: content === '' ? undefined : parseJson(content) }
  } finally {
    callOff()
  }
}

async function readBounded(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer) {
    bytes += chunk.length
    if (bytes > ANSWER_MAX_BYTES) throw new Error(`an answer of more than ${ANSWER_MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    return content
  }
}
