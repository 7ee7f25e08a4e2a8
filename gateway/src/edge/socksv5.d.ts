declare module 'socksv5/lib/server.parser.js' {
  import type { EventEmitter } from 'node:events'

  /** What the parser needs of a stream. */
  export interface ParserStream {
    on(event: 'data', listener: (chunk: Buffer) => void): unknown
    removeListener(event: 'data', listener: (chunk: Buffer) => void): unknown
    unshift(rest: Buffer): void
    pause(): unknown
    resume(): unknown
  }

  export interface ParsedRequest {
    readonly cmd: 'connect' | 'bind' | 'udp'
    readonly dstAddr: string
    readonly dstPort: number
  }

  export interface ParserEvents {
    methods: [Buffer]
    request: [ParsedRequest]
    error: [Error]
  }

  export default class Parser extends EventEmitter<ParserEvents> {
    constructor(stream: ParserStream)
    authed: boolean
    start(): void
    stop(): void
  }
}
