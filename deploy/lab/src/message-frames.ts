/** Cuts a byte stream into DNS messages, each behind two bytes of length (RFC 1035 section 4.2.2). */
export class MessageFrames {
  #pending: Buffer = Buffer.alloc(0)

  /** Put the length in front of a message. */
  static encode(message: Uint8Array): Buffer {
    return Buffer.concat([Buffer.of(message.length >> 8, message.length & 0xff), message])
  }

  /** Take bytes, and give the messages that are whole now. */
  push(bytes: Uint8Array): readonly Buffer[] {
    this.#pending = Buffer.concat([this.#pending, bytes])
    const messages: Buffer[] = []
    while (this.#pending.length >= 2 && this.#pending.length >= 2 + this.#pending.readUInt16BE(0)) {
      const end = 2 + this.#pending.readUInt16BE(0)
      messages.push(this.#pending.subarray(2, end))
      this.#pending = this.#pending.subarray(end)
    }
    return messages
  }
}
