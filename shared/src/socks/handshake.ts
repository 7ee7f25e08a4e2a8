/** What a handshake wants of its caller next. */
export type HandshakeStep<Outcome> =
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  | { readonly type: 'receive' }
  | { readonly type: 'finished'; readonly outcome: Outcome; readonly readAhead: Uint8Array }

/**
 * A protocol that instructs its caller and does no I/O.
 *
 * Call `next()` and do as it says: write the bytes, or read once and hand over what came (`push`) or that nothing will
 * (`end`), until it is finished. Each `send` is given once. `readAhead` holds what the peer sent after its last message;
 * it belongs to the stream, and the caller owns it. Nothing that the peer sends makes any of these throw. Memory is
 * bounded as long as the caller reads only when told to: one message of the protocol and one read.
 */
export interface Handshake<Outcome> {
  next(): HandshakeStep<Outcome>
  push(bytes: Uint8Array): void
  end(): void
}
