import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { COMMAND_CODES, decodeUserPassword, encodeReply, parseTarget } from '@cordon/shared/socks'

/** One stream as the fake tor was asked for it. */
export interface Asked {
  readonly user: string
  readonly password: string
  readonly command: number
  readonly host: string
  readonly port: number
  readonly socket: Socket
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** Replies that no tor may send (SOC-10), by the name that asks for them. */
export const ROGUE_REPLIES: Readonly<Record<string, Buffer>> = {
  'short.rogue.example': hex('05 00'),
  'version.rogue.example': hex('06 00 00 01 00000000 0000'),
  'reserved.rogue.example': hex('05 00 01 01 00000000 0000'),
  'truncated.rogue.example': hex('05 00 00 04 0000'),
  'atyp.rogue.example': hex('05 00 00 09 00000000 0000'),
  'empty.rogue.example': Buffer.alloc(0),
  'noise.rogue.example': Buffer.alloc(4096, 0x41),
}

/**
 * The other side of the gateway, in memory: answers as tor's SocksPort does, by the name that is asked for.
 *
 * `code-F6.example` is refused with that code, `silent.example` never answered, `*.rogue.example` answered with what no
 * tor sends, everything else connected to an echo.
 */
export class FakeTor {
  readonly asked: Asked[] = []
  readonly socksPath: string
  readonly directory: string
  connections = 0
  /** While set, greetings stay without an answer. */
  isMute = false
  readonly #server: Server
  readonly #open = new Set<Socket>()

  private constructor(directory: string) {
    this.directory = directory
    this.socksPath = join(directory, 'socks.sock')
    this.#server = createServer({ allowHalfOpen: true }, socket => this.#serve(socket))
  }

  static async open(): Promise<FakeTor> {
    const tor = new FakeTor(await mkdtemp(join(tmpdir(), 'cordon-tor-')))
    await new Promise<void>(resolve => tor.#server.listen(tor.socksPath, resolve))
    return tor
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
    await rm(this.directory, { recursive: true, force: true })
  }

  #serve(socket: Socket): void {
    this.connections += 1
    this.#open.add(socket)
    socket.on('close', () => this.#open.delete(socket)).on('error', () => {})
    let bytes: Buffer = Buffer.alloc(0)
    let greeted = false
    const read = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk])
      if (!greeted && !this.isMute && bytes.length >= 3) {
        greeted = true
        bytes = bytes.subarray(3)
        socket.write(hex('05 02'))
      }
      const request = greeted ? decodeRequest(bytes) : undefined
      if (request === undefined) return
      socket.off('data', read)
      bytes = bytes.subarray(request.length)
      if (bytes.length > 0) socket.unshift(bytes)
      this.asked.push({ ...request, socket })
      answer(socket, request)
    }
    socket.on('data', read)
  }
}

type Request = Omit<Asked, 'socket'> & { readonly length: number }

function decodeRequest(bytes: Buffer): Request | undefined {
  const credentials = decodeUserPassword(bytes)
  if (credentials.type !== 'decoded') return undefined
  const rest = bytes.subarray(credentials.consumed)
  const type = rest[3]
  const size = type === 1 ? 4 : type === 4 ? 16 : 1 + (rest[4] ?? 256)
  if (rest.length < 4 + size + 2) return undefined
  const address = rest.subarray(type === 3 ? 5 : 4, 4 + size)
  const host = type === 3 ? address.toString('latin1') : type === 1 ? address.join('.') : address.toString('hex')
  return {
    user: Buffer.from(credentials.value.user).toString(),
    password: Buffer.from(credentials.value.password).toString(),
    command: rest[1] ?? 0,
    host,
    port: rest.readUInt16BE(4 + size),
    length: credentials.consumed + 4 + size + 2,
  }
}

function answer(socket: Socket, { host, command }: Request): void {
  socket.write(hex('01 00'))
  const [, code] = /^code-(..)\.example$/.exec(host) ?? []
  const rogue = ROGUE_REPLIES[host]
  if (host === 'silent.example') return
  if (code !== undefined) socket.end(encodeReply(Number.parseInt(code, 16)))
  else if (rogue !== undefined) socket.end(rogue)
  else if (command === COMMAND_CODES.connect) {
    socket.write(encodeReply(0))
    socket.pipe(socket)
  } else {
    // A failed RESOLVE of a real tor has ATYP 0.
    const found = host === 'internal.example' ? '192.168.1.1' : command === 0xf1 ? 'name.example' : '198.51.100.7'
    if (host === 'missing.example') socket.end(hex('05 04 00 00'))
    else socket.end(encodeReply(0, { target: parseTarget(found), port: 0 }))
  }
}
