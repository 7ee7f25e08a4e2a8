/**
 * Streams: what an app asked for, as whom it is asked of tor, and how the answer is said.
 *
 * Belongs here: handshakes towards apps without I/O, answers, the identity of an app. Does not belong here: sockets,
 * and SOCKS5 parsing, which the package socksv5 does in `edge/`.
 */
export { type AnswerEncoder, socks5Answers } from './answers.ts'
export { type AppHandshake, type HandshakeStep, joinBytes } from './app-handshake.ts'
export { AppIdentity } from './app-identity.ts'
export type { AppProtocol, AppRequest } from './app-request.ts'
export { HttpHandshake } from './http-handshake.ts'
export { replyForRefusal } from './refusal-reply.ts'
export { Socks4Handshake } from './socks4-handshake.ts'
