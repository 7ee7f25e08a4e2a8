/** What the load process is asked for: streams through one relay, timed. Values only; they cross a process boundary. */

/** Where a SOCKS5 server listens. */
export type SocksPort = { readonly path: string } | { readonly port: number }

/** SOCKS5 user name and password (RFC 1929). */
export interface Credentials {
  readonly user: string
  readonly password: string
}

/** One stream to open. It is over when the far side ends it. */
export interface StreamPlan {
  /** Undefined reaches the destination without any relay. */
  readonly proxy: SocksPort | undefined
  /** Undefined offers no authentication. */
  readonly credentials?: Credentials
  readonly host: string
  readonly port: number
  /** What to send first. */
  readonly hello: string
  /** How many bytes to send after it. */
  readonly uploadBytes?: number
}

/** Streams to open, at most `atOnce` at a time, in the order given. */
export interface StreamBatch {
  readonly plans: readonly StreamPlan[]
  readonly atOnce: number
  /** Keep each stream open from its first byte until the next `release`. */
  readonly hold?: boolean
}

/** What became of one stream. Times run from the call of connect(2). */
export type StreamResult =
  | { readonly ok: true; readonly firstByteMs: number; readonly endMs: number; readonly bytes: number }
  | { readonly ok: false; readonly why: string }

/** What became of a batch, from its first connect(2) to its last end. */
export interface BatchResult {
  readonly streams: readonly StreamResult[]
  readonly seconds: number
}
