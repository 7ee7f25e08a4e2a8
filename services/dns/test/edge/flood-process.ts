/**
 * A process that sends hostile messages: told how many, it sends half of them over UDP and half over TCP, and says how
 * many of those over TCP must be judged. Over each it sends the stored packets first, and mutations of them then.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { FUZZ_SEED, mutate, randomFrom } from '../../../../shared/test/fuzz.ts'
import { frameMessage } from '../../src/wire/index.ts'
import { makeCorpus } from '../hostile-corpus.ts'

const LOOPBACK = '127.0.0.1'
const port = Number(process.argv[2])

const stored = makeCorpus(FUZZ_SEED)
const dictionary = [Buffer.from('c00c', 'hex'), Buffer.from('ffff', 'hex'), Buffer.from('0000290fff', 'hex')]

/** The stored packets in their order, and after them mutations without end. */
function* inputs(seed: number): Generator<Buffer, never> {
  yield* stored
  const random = randomFrom(seed)
  for (;;) yield Buffer.from(mutate({ name: 'dns', seeds: stored, dictionary, run: () => {} }, random))
}
const [overUdp, overTcp] = [inputs(FUZZ_SEED), inputs(FUZZ_SEED + 1)]

const udp = createSocket('udp4')
udp.on('message', () => {})

async function floodUdp(messages: number): Promise<void> {
  for (let sent = 0; sent < messages; sent += 250) {
    for (let n = 0; n < 250; n++) udp.send(overUdp.next().value, port, LOOPBACK)
    await new Promise(resolve => setImmediate(resolve))
  }
}

/** What is no question ends a stream, and what follows it is not read. */
const isEnd = (message: Buffer): boolean => message.length < 12 || ((message[2] ?? 0) & 0x80) !== 0
const ON_ONE_CONNECTION = 500

/** Gives how many were sent that must be judged: all but those that end their connection. */
async function floodTcp(messages: number): Promise<number> {
  let ends = 0
  for (let sent = 0; sent < messages; ) {
    const frames: Buffer[] = []
    for (let isOver = false; !isOver && frames.length < ON_ONE_CONNECTION && sent < messages; sent++) {
      const message = overTcp.next().value
      isOver = isEnd(message)
      if (isOver) ends += 1
      frames.push(frameMessage(message))
    }
    const tcp = connect({ host: LOOPBACK, port })
    tcp.on('error', () => {}) // the listener cuts it where it ends: 'close' follows
    tcp.resume()
    tcp.end(Buffer.concat(frames))
    await once(tcp, 'close')
  }
  return messages - ends
}

process.on('message', async (messages: number) => {
  await floodUdp(messages / 2)
  process.send?.(await floodTcp(messages / 2))
})
process.once('disconnect', () => udp.close())
