/** What every resolver takes by UDP (RFC 1035 section 4.2.1). */
const PLAIN_MAX_BYTES = 512
/** What we send at most, whatever is offered (DNS flag day 2020). */
const OFFER_MAX_BYTES = 1232
const HEADER_BYTES = 12
const TRUNCATED = 0x02
const TYPE_OPT = 41

/**
 * Fit an answer into a datagram: whole where the asker takes it, else header and question with TC set, so that it asks
 * again by TCP (RFC 2181 section 9). Undefined when question or answer are no messages.
 */
export function fitDatagram(question: Uint8Array, answer: Uint8Array): Uint8Array | undefined {
  const end = endOfQuestion(answer)
  if (answer.length < HEADER_BYTES || end === undefined) return undefined
  if (answer.length <= readOffer(question)) return answer
  const cut = Buffer.from(answer.subarray(0, end))
  cut[2] = (cut[2] ?? 0) | TRUNCATED
  cut.fill(0, 6, HEADER_BYTES) // no answers, no authorities, no additions
  return cut
}

const ANSWER = 0x80
const SERVFAIL = 2

/** Answer a question with SERVFAIL: who hears nothing waits for long. Undefined when it is no question. */
export function failDatagram(question: Uint8Array): Uint8Array | undefined {
  const end = endOfQuestion(question)
  if (end === undefined || ((question[2] ?? 0) & ANSWER) !== 0) return undefined
  const answer = Buffer.from(question.subarray(0, end))
  answer[2] = (answer[2] ?? 0) | ANSWER
  answer[3] = SERVFAIL
  answer.fill(0, 6, HEADER_BYTES)
  return answer
}

/** Read how large an answer may be: the class of an OPT record that follows the question (RFC 6891 section 6.1.2). */
function readOffer(question: Uint8Array): number {
  const at = endOfQuestion(question)
  if (at === undefined || question.length < at + 5) return PLAIN_MAX_BYTES
  const view = new DataView(question.buffer, question.byteOffset, question.length)
  if (question[at] !== 0 || view.getUint16(at + 1) !== TYPE_OPT) return PLAIN_MAX_BYTES
  return Math.min(Math.max(view.getUint16(at + 3), PLAIN_MAX_BYTES), OFFER_MAX_BYTES)
}

/** Find where the one question of a message ends; names in questions are not compressed. */
function endOfQuestion(message: Uint8Array): number | undefined {
  if (message[4] !== 0 || message[5] !== 1) return undefined
  let at = HEADER_BYTES
  for (let length = message[at]; length !== 0; length = message[at]) {
    if (length === undefined || length > 63) return undefined
    at += 1 + length
  }
  const end = at + 1 + 4
  return end <= message.length ? end : undefined
}
