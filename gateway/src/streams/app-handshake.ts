import type { AnswerEncoder } from './answers.ts'
import type { AppRequest } from './app-request.ts'

/** The outcome of one push into a handshake. `send` goes to the app first, also before a close. */
export type HandshakeStep =
  | { readonly type: 'more'; readonly send?: Uint8Array }
  | {
      readonly type: 'request'
      readonly request: AppRequest
      readonly answers: AnswerEncoder
      /** Bytes that the app sent behind its request: the first of its data. */
      readonly readAhead: Uint8Array
      readonly send?: Uint8Array
    }
  | { readonly type: 'refused'; readonly send?: Uint8Array }

/** The app's side of a handshake, without I/O: bytes in, at most one request out. Nothing is pushed after that. */
export interface AppHandshake {
  push(bytes: Uint8Array): HandshakeStep
}

/** Join bytes that are still unread with those that follow. */
export const joinBytes = (first: Uint8Array, second: Uint8Array): Uint8Array =>
  first.length === 0 ? second : Buffer.concat([first, second])
