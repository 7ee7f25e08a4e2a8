/** A message of DNS over a stream has its length in two bytes before it (RFC 7766 section 8). */
const LENGTH_BYTES = 2
const LARGEST = 0xffff

/** Frame one message, or return undefined for one that is too large. */
export function encodeFrame(message: Uint8Array): Buffer | undefined {
  if (message.length > LARGEST) return undefined
  const frame = Buffer.alloc(LENGTH_BYTES + message.length)
  frame.writeUInt16BE(message.length)
  frame.set(message, LENGTH_BYTES)
  return frame
}

/** Read the first message off what has arrived, or return undefined while it is not whole. */
export function decodeFrame(bytes: Buffer): Buffer | undefined {
  if (bytes.length < LENGTH_BYTES) return undefined
  const end = LENGTH_BYTES + bytes.readUInt16BE()
  return bytes.length < end ? undefined : bytes.subarray(LENGTH_BYTES, end)
}
