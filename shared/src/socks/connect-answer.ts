import { nearestRfc1928, REPLY } from './reply-code.ts'

/** Status codes of an answer to an HTTP request (RFC 9110 section 15). */
export type ConnectStatus = 200 | 400 | 403 | 405 | 502 | 504

const REASONS = {
  200: 'OK',
  400: 'Bad Request',
  403: 'Forbidden',
  405: 'Method Not Allowed',
  502: 'Bad Gateway',
  504: 'Gateway Timeout',
} as const satisfies Record<ConnectStatus, string>

/**
 * Encode the whole answer to an HTTP request.
 *
 * It names nothing: no server, no version of ours, no date, no body. Success is a bare head, for the tunnel begins after
 * it (RFC 9110 section 9.3.6); 405 must name the methods there are (section 15.5.6).
 */
export function encodeConnectAnswer(status: ConnectStatus): Uint8Array {
  const allow = status === 405 ? 'Allow: CONNECT\r\n' : ''
  const close = status === 200 ? '' : `${allow}Content-Length: 0\r\nConnection: close\r\n`
  return Buffer.from(`HTTP/1.1 ${status} ${REASONS[status]}\r\n${close}\r\n`, 'latin1')
}

/** Map a SOCKS reply code to the status that says the same to an HTTP client. */
export function statusOfReplyCode(code: number): ConnectStatus {
  switch (nearestRfc1928(code)) {
    case REPLY.succeeded:
      return 200
    case REPLY.notAllowed:
      return 403
    case REPLY.ttlExpired:
      return 504
    default:
      return 502
  }
}
