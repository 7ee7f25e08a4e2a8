/** Bytes of the length in front of a message (RFC 1035 section 4.2.2). */
const LENGTH_BYTES = 2

/** Cuts a stream into DNS messages. At most one message is held, which is 64 KiB at most by its length. */
export class MessageFrames {
  readonly #chunks: Buffer[] = []
  #held = 0

  /** Bytes of a message that is not whole yet. */
  get held(): number {
    return this.#held
  }

  /** Take bytes, and give the messages that are whole now. */
  push(bytes: Buffer): readonly Buffer[] {
    this.#chunks.push(bytes)
    this.#held += bytes.length
    const messages: Buffer[] = []
    for (let length = this.#length(); length !== undefined && this.#held >= length; length = this.#length()) {
      const all = this.#join()
      messages.push(all.subarray(LENGTH_BYTES, length))
      this.#held = all.length - length
      this.#chunks.push(all.subarray(length))
    }
    return messages
  }

  /** The bytes of the message that begins here with its length; undefined while that has not come. */
  #length(): number | undefined {
    if (this.#held < LENGTH_BYTES) return undefined
    const [first = Buffer.alloc(0)] = this.#chunks
    const head = first.length >= LENGTH_BYTES ? first : this.#join()
    if (head !== first) this.#chunks.push(head)
    return LENGTH_BYTES + head.readUInt16BE(0)
  }

  /** Take all that is held, in one piece. */
  #join(): Buffer {
    const [first, ...rest] = this.#chunks.splice(0)
    if (first === undefined) return Buffer.alloc(0)
    return rest.length === 0 ? first : Buffer.concat([first, ...rest])
  }
}

/** Put its length in front of a message. */
export const frameMessage = (message: Buffer): Buffer =>
  Buffer.concat([Buffer.of(message.length >> 8, message.length & 0xff), message])
