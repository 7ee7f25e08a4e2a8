/**
 * Wire: DNS messages as values, between programs of this machine and us, and between us and a resolver.
 *
 * Belongs here: decoding queries, encoding responses, what a body that is kept looks like, the messages of a resolver
 * and what of them may pass on. Does not belong here: sockets, what to answer, how long to keep it.
 */
export { type AnswerBody, EMPTY_BODY, encodeBody, type LocalRecord, lowerTtl } from './answer-body.ts'
export { EXTENDED_ERRORS, type ExtendedError } from './extended-error.ts'
export { frameMessage, MessageFrames } from './message-frames.ts'
export { PLAIN_KEY_BYTES, type PlainQuestion, readPlainQuestion } from './plain-question.ts'
export { decodeQuery, type Edns, type Query, type QueryDecoding } from './query.ts'
export { RCODE, type Rcode } from './rcode.ts'
export { isCarried, isMeta, TYPE } from './record-type.ts'
export {
  encodeFailure,
  encodeResponse,
  longestOverUdp,
  OPT_BYTES,
  type Reply,
  UDP_MOST_BYTES,
  writeCounts,
  writeHeader,
  writeOpt,
} from './response.ts'
export { acceptUpstreamAnswer, type UpstreamAnswer } from './upstream-answer.ts'
export { encodeUpstreamQuery } from './upstream-query.ts'
