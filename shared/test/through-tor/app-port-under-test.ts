import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { encodeReply, REPLY } from '../../src/socks/index.ts'

/** One stream as the app port saw it. */
export interface SeenCall {
  readonly user: string
  readonly host: string
  readonly port: number
}

export interface AppPortUnderTest {
  readonly path: string
  readonly calls: SeenCall[]
}

type Answer = number | ((socket: Socket) => void)

/**
 * An app port in this process: takes user name and password, then refuses with a reply code, or hands the stream over.
 * What it is sent is well formed, since our own client sent it; so it reads whole messages.
 */
export async function openAppPortUnderTest(t: Test, answer: (call: SeenCall) => Answer): Promise<AppPortUnderTest> {
  const directory = await mkdtemp(join(tmpdir(), 'cordon-port-'))
  const path = join(directory, 'app.sock')
  const calls: SeenCall[] = []
  const open = new Set<Socket>()
  const server = createServer(socket => {
    open.add(socket)
    socket.on('error', () => {}).on('close', () => open.delete(socket))
    socket.once('data', () => {
      socket.write(Uint8Array.of(5, 2))
      socket.once('data', (bytes: Buffer) => {
        const call = readCall(bytes)
        calls.push(call)
        const what = answer(call)
        const code = typeof what === 'number' ? what : REPLY.succeeded
        const reply = encodeReply(code, { target: { type: 'ipv4', address: '0.0.0.0' }, port: 0 })
        socket.write(Buffer.concat([Uint8Array.of(1, 0), reply]))
        if (typeof what === 'number') socket.end()
        else what(socket)
      })
    })
  })
  await new Promise<void>(resolve => server.listen(path, resolve))
  t.teardown(async () => {
    for (const socket of open) socket.destroy()
    server.close()
    await rm(directory, { recursive: true })
  })
  return { path, calls }
}

/** Credentials (RFC 1929) and a request for a name (RFC 1928 section 4), in one write. */
function readCall(bytes: Buffer): SeenCall {
  const userEnd = 2 + (bytes[1] ?? 0)
  const request = bytes.subarray(userEnd + 1 + (bytes[userEnd] ?? 0))
  const hostEnd = 5 + (request[4] ?? 0)
  return {
    user: bytes.toString('latin1', 2, userEnd),
    host: request.toString('latin1', 5, hostEnd),
    port: request.readUInt16BE(hostEnd),
  }
}
