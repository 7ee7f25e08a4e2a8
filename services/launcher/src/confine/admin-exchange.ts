/** One question to the gateway's admin API. */
export interface AdminQuestion {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: unknown
}

/** What it answered. */
export interface AdminAnswer {
  readonly status: number
  /** The JSON of the body, or undefined where it is none. */
  readonly value: unknown
}

/**
 * Write a question as HTTP/1.0, whose answer ends with the connection and is never sent in pieces (RFC 1945).
 *
 * Node's own client takes 50 ms to load, a fifth of what starting a program may take; the other end is our own gateway.
 */
export function encodeQuestion({ method, path, body }: AdminQuestion): string {
  const payload = body === undefined ? '' : JSON.stringify(body)
  const about =
    body === undefined ? '' : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(payload)}\r\n`
  return `${method} ${path} HTTP/1.0\r\nhost: localhost\r\n${about}\r\n${payload}`
}

/** Read a whole answer, or return undefined for what is none. */
export function parseAnswer(text: string): AdminAnswer | undefined {
  const [, status] = /^HTTP\/1\.[01] ([0-9]{3}) /.exec(text) ?? []
  const end = text.indexOf('\r\n\r\n')
  if (status === undefined || end < 0) return undefined
  return { status: Number(status), value: parseJson(text.slice(end + 4)) }
}

function parseJson(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    return undefined
  }
}
