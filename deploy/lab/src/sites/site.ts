import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Answer one HTTP request. A rejection closes the connection and nothing else. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void

/** One thing that listens at a site's address. `http` is on port 80, `https` on 443; that and `tls` have the lab's certificate. */
export type Service =
  | { readonly type: 'http'; readonly handle: HttpHandler }
  | { readonly type: 'https'; readonly handle: HttpHandler }
  | { readonly type: 'tcp' | 'tls'; readonly port: number; readonly handle: (socket: Socket) => void }

/** A place in the lab's internet. The name server, the certificate and the listeners follow from this alone. */
export interface Site {
  /** A name below `.example` (RFC 2606), in lower case. */
  readonly name: string
  /** An address of its own in 198.18.80.0/24. */
  readonly address: string
  readonly services: readonly Service[]
}
