import { createHash, randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import t from 'tap'
import { ask, Client, GatewayUnderTest, until } from '../gateway-under-test.ts'

/** SOCKS5 method and reply that precede the data. */
const HEAD_BYTES = 2 + 10

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Open a stream and give both of its ends. */
async function openStream(gateway: GatewayUnderTest, host: string): Promise<{ client: Client; tor: Socket }> {
  const client = new Client({ port: await gateway.portOf('mail') }).send(ask(host))
  await client.take(HEAD_BYTES)
  client.socket.removeAllListeners('data') // the client's own copies all that came at each read: too slow for this
  const tor = await until('tor to be asked', () => gateway.tor.asked.find(asked => asked.host === host)?.socket)
  return { client, tor }
}

/** Write in pieces of uneven sizes, as fast as they are taken. */
async function writeUnevenly(socket: Socket, bytes: Buffer): Promise<void> {
  for (let at = 0, piece = 1; at < bytes.length; at += piece, piece = (piece * 7 + 13) % 90_001) {
    if (!socket.write(bytes.subarray(at, at + piece))) await new Promise(resolve => socket.once('drain', resolve))
  }
}

t.test('streams side by side, read in fits and starts, each get their own bytes, all of them', async t => {
  const gateway = await GatewayUnderTest.open(t, 'apps: { mail: {} }\n')
  await Promise.all(
    Array.from({ length: 6 }, async (_, index) => {
      const { client, tor } = await openStream(gateway, `echo-${index}.example`)
      const down = randomBytes(6_000_000 + index)
      const up = randomBytes(3_000_000 + index)
      tor.unpipe(tor)
      const heard = { app: createHash('sha256'), tor: createHash('sha256') }
      tor.on('data', chunk => heard.tor.update(chunk)).resume()
      client.socket.on('data', chunk => {
        heard.app.update(chunk)
        client.socket.pause()
        setImmediate(() => client.socket.resume())
      })
      await Promise.all([writeUnevenly(tor, down), writeUnevenly(client.socket, up)])
      tor.end()
      client.socket.end()
      await until('both ends', () => client.ended && tor.readableEnded)
      t.equal(heard.app.digest('hex'), digest(down), 'what tor sent')
      t.equal(heard.tor.digest('hex'), digest(up), 'what the app sent')
    }),
  )
})

t.test('what a stalled app has not read stays at tor, and comes when it reads on', async t => {
  const gateway = await GatewayUnderTest.open(t, 'apps: { mail: {} }\n')
  const { client, tor } = await openStream(gateway, 'echo.example')
  client.socket.pause()
  const heard = createHash('sha256')
  const bytes = randomBytes(24_000_000)
  tor.end(bytes)
  let written = 0
  // Two looks with the same count: the kernel's buffers are full, and the gateway takes no more.
  await until('a standstill', () => {
    const before = written
    written = tor.bytesWritten - tor.writableLength
    return written > 0 && written === before
  })
  t.ok(tor.writableLength > 0, 'most of it waits at tor')
  client.socket.on('data', chunk => heard.update(chunk)).resume()
  await until('the end', () => client.ended)
  t.equal(heard.digest('hex'), digest(bytes))
  client.socket.end()
})

t.test('an app that closes in the middle takes tor’s side along', async t => {
  const gateway = await GatewayUnderTest.open(t, 'apps: { mail: {} }\n')
  const { client, tor } = await openStream(gateway, 'echo.example')
  client.socket.once('data', () => client.socket.destroy()).resume()
  tor.write(randomBytes(24_000_000))
  await until('the close at tor', () => tor.destroyed)
})
