import {
  encodeConnectAnswer,
  encodeReply,
  encodeSocks4Reply,
  nearestRfc1928,
  REPLY,
  statusOfReplyCode,
  type Target,
} from '@cordon/shared/socks'

/** How one protocol says what became of a request. Every method gives the last bytes before data or the end. */
export interface AnswerEncoder {
  /** Tor has connected: data follows. */
  connected(): Uint8Array
  /** Tor has looked the name or address up. */
  resolved(found: Target): Uint8Array
  /** Tor's own code, or ours in its place (RFC 1928 section 6, or an extended one). */
  refused(code: number): Uint8Array
}

const SOCKS5_NEAREST: AnswerEncoder = {
  connected: () => encodeReply(REPLY.succeeded),
  resolved: found => encodeReply(REPLY.succeeded, { target: found, port: 0 }),
  refused: code => encodeReply(nearestRfc1928(code)),
}

const SOCKS5_EXTENDED: AnswerEncoder = { ...SOCKS5_NEAREST, refused: code => encodeReply(code) }

/** Answer in SOCKS5, with tor's extended codes as they are where the app knows them. */
export const socks5Answers = (extendedErrors: boolean): AnswerEncoder =>
  extendedErrors ? SOCKS5_EXTENDED : SOCKS5_NEAREST

/** Answer in SOCKS4, which knows granted and rejected alone, and IPv4 alone. */
export const SOCKS4_ANSWERS: AnswerEncoder = {
  connected: () => encodeSocks4Reply('granted'),
  resolved: found => (found.type === 'ipv4' ? encodeSocks4Reply('granted', found) : encodeSocks4Reply('rejected')),
  refused: () => encodeSocks4Reply('rejected'),
}

/** Answer in HTTP. The status says whose fault it is, and nothing else is said. */
export const HTTP_ANSWERS: AnswerEncoder = {
  connected: () => encodeConnectAnswer(200),
  resolved: () => encodeConnectAnswer(405), // CONNECT never resolves
  refused: code => encodeConnectAnswer(statusOfReplyCode(code)),
}
