import { connect } from 'node:net'
import { withDeadline } from '@cordon/shared/runtime/edge'

/** What is asked of the embedded Redis without a client library: words of one line, without arguments of others. */
export type RedisQuestion = 'PING' | 'INFO'

/** It answers in less than a millisecond; one that does not within seconds is dealt with by its watchdog. */
const ANSWER_DEADLINE_MS = 5000
/** INFO is 6 kB. Arbitrary. */
const ANSWER_MAX_BYTES = 65_536

/**
 * Ask the Redis at an AF_UNIX socket one question (RESP, inline command) and return its answer.
 *
 * Rejects with what connect(2) says, or when it answers with an error, with anything else, or not in time.
 */
export async function askRedis(socketPath: string, question: RedisQuestion): Promise<string> {
  const connection = connect({ path: socketPath })
  const answer = new Promise<string>((resolve, reject) => {
    let received = ''
    connection.setEncoding('utf8')
    connection.on('data', chunk => {
      received += chunk
      const whole = readReply(received)
      if (whole !== undefined) resolve(whole)
      else if (received.startsWith('-') || received.length > ANSWER_MAX_BYTES) reject(strange())
    })
    connection.once('error', reject)
    connection.once('close', () => reject(strange()))
    connection.write(`${question}\r\n`)
  })
  try {
    return await withDeadline(answer, ANSWER_DEADLINE_MS, () => new Error('redis does not answer'))
  } finally {
    connection.destroy()
  }
}

/** Read a simple or bulk string (RESP 2); undefined while it is not whole. */
function readReply(received: string): string | undefined {
  const simple = /^\+([^\r]*)\r\n/.exec(received)
  if (simple !== null) return simple[1]
  const bulk = /^\$(\d+)\r\n/.exec(received)
  if (bulk === null) return undefined
  const body = Buffer.from(received.slice(bulk[0].length))
  const length = Number(bulk[1])
  return body.length >= length ? body.subarray(0, length).toString('utf8') : undefined
}

const strange = (): Error => new Error('redis answered with something unknown')
