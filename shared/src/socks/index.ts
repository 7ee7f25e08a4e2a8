/**
 * SOCKS: the ways an app speaks to an app port, and the gateway to tor, as values.
 *
 * Belongs here: SOCKS4, SOCKS4a, SOCKS5 with tor's extensions and HTTP CONNECT (the same question in other words):
 * decoders, encoders, and the client's handshake without I/O. Does not belong here: sockets, time, what an app may ask
 * for, and reading SOCKS5 from apps (socksv5's parser does, in the gateway).
 */
export { decodeEndpoint, MAX_NAME_BYTES } from './address.ts'
export type { ConnectStatus } from './connect-answer.ts'
export { encodeConnectAnswer, statusOfReplyCode } from './connect-answer.ts'
export type { ConnectCredentials, ConnectHead } from './connect-head.ts'
export { decodeConnectHead } from './connect-head.ts'
export { decodeMethodSelection, encodeGreeting, METHOD } from './greeting.ts'
export type { Handshake, HandshakeStep } from './handshake.ts'
export { MAX_HEAD_BYTES } from './http-head.ts'
export { formatIpv6Groups, parseDottedQuad, parseIpv6Groups } from './ip-text.ts'
export type { HandshakeOutcome, HandshakeRequest } from './open-handshake.ts'
export { openHandshake } from './open-handshake.ts'
export type { Reply } from './reply.ts'
export { decodeReply, encodeReply } from './reply.ts'
export type { ReplyCode, ReplyMeaning } from './reply-code.ts'
export { explainReplyCode, nearestRfc1928, REPLY } from './reply-code.ts'
export type { SocksCommand } from './request.ts'
export { COMMAND_CODES, encodeRequest } from './request.ts'
export type { Socks4Request, Socks4Result } from './socks4.ts'
export { decodeSocks4Request, encodeSocks4Reply } from './socks4.ts'
export type { Endpoint, Target } from './target.ts'
export { formatTarget, parseTarget } from './target.ts'
export type { UserPassword } from './user-password.ts'
export {
  decodeUserPassword,
  decodeUserPasswordAnswer,
  encodeUserPassword,
  encodeUserPasswordAnswer,
} from './user-password.ts'
export { SOCKS4, SOCKS5 } from './version.ts'
