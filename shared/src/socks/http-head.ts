import { type Decoded, decoded, incomplete, malformed } from '../errors/index.ts'

/** The head of an HTTP/1 request, split but not yet understood. Field names are in lower case, values trimmed. */
export interface HttpHead {
  readonly method: string
  readonly requestTarget: string
  readonly version: '1.0' | '1.1'
  readonly fields: readonly (readonly [name: string, value: string])[]
}

/** Longest head: the limit of the gateway, and what most servers take for a request line with its fields. */
export const MAX_HEAD_BYTES = 8192

const END = Buffer.from('\r\n\r\n', 'latin1')

// RFC 9112 section 3: request-line = method SP request-target SP HTTP-version
// RFC 9110 section 5.6.2: the characters of a token. A request target is visible ASCII here.
const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) HTTP\/1\.([01])$/

// RFC 9112 section 5: field-line = field-name ":" OWS field-value OWS. No space before the colon, and none in front:
// a folded line (section 5.2) could be read as part of another field.
const FIELD_LINE =
  /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[ \t]*$/

/**
 * Decode the head of an HTTP/1.0 or 1.1 request (RFC 9112 section 2.1) from the front of `bytes`.
 *
 * Strict where RFC 9112 lets a recipient be lenient: lines end in CR LF, nothing is folded, no line is empty before the
 * request line. A byte that no head can hold ends it at once, so other protocols are told apart at their first bytes.
 */
export function decodeHttpHead(bytes: Uint8Array): Decoded<HttpHead> {
  const window = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, MAX_HEAD_BYTES))
  const end = window.indexOf(END)
  const head = end < 0 ? window : window.subarray(0, end + 2)
  const bad = findIllegalByte(head)
  if (bad !== undefined) return malformed(bad)
  if (end < 0) {
    return bytes.length < MAX_HEAD_BYTES
      ? incomplete(missingOfEnd(window))
      : malformed(`head over ${MAX_HEAD_BYTES} bytes`)
  }
  const value = parseHead(head.toString('latin1', 0, end))
  return 'type' in value ? value : decoded(value, end + END.length)
}

/** Name what is wrong with the first byte that no head may hold: controls, and a CR or LF without the other. */
function findIllegalByte(head: Uint8Array): string | undefined {
  for (let at = 0; at < head.length; at++) {
    const byte = head[at]
    if (byte === 0x0a && head[at - 1] !== 0x0d) return 'bare LF'
    if (byte === 0x0d && at + 1 < head.length && head[at + 1] !== 0x0a) return 'bare CR'
    if (byte === 0x7f || (byte !== undefined && byte < 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) {
      return 'control character'
    }
  }
  return undefined
}

/** Count the bytes that at least are missing until the empty line. */
function missingOfEnd(window: Buffer): number {
  for (let kept = END.length - 1; kept > 0; kept--) {
    if (window.length >= kept && window.subarray(window.length - kept).equals(END.subarray(0, kept))) {
      return END.length - kept
    }
  }
  return END.length
}

function parseHead(head: string): HttpHead | ReturnType<typeof malformed> {
  const [first = '', ...lines] = head.split('\r\n')
  const [, method, requestTarget, minor] = REQUEST_LINE.exec(first) ?? []
  if (method === undefined || requestTarget === undefined) return malformed('request line')
  const fields: (readonly [string, string])[] = []
  for (const line of lines) {
    const [, name, value] = FIELD_LINE.exec(line) ?? []
    if (name === undefined || value === undefined) return malformed('field line')
    fields.push([name.toLowerCase(), value])
  }
  return { method, requestTarget, version: minor === '1' ? '1.1' : '1.0', fields }
}
