/** A process that sends hostile messages: told how many, it sends half of them over UDP and half over TCP, and says so. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { encode, type RecordType } from 'dns-packet'
import { FUZZ_SEED, mutate, randomFrom } from '../../../../shared/test/fuzz.ts'
import { frameMessage } from '../../src/wire/index.ts'

const LOOPBACK = '127.0.0.1'
const port = Number(process.argv[2])

const query = (name: string, type: RecordType, additionals: object[] = []): Buffer =>
  encode({ type: 'query', id: 1, flags: 0x0100, questions: [{ name, type, class: 'IN' }], additionals } as never)
const opt = { type: 'OPT', name: '.', udpPayloadSize: 1232, extendedRcode: 0, ednsVersion: 0, flags: 0x8000 }
const seeds = [
  query('a.example', 'A'),
  query('localhost', 'AAAA'),
  query('b.example', 'TXT', [{ ...opt, flag_do: true, options: [] }]),
]
const dictionary = [Buffer.from('c00c', 'hex'), Buffer.from('ffff', 'hex'), Buffer.from('0000290fff', 'hex')]
const random = randomFrom(FUZZ_SEED)
const next = (): Buffer => Buffer.from(mutate({ name: 'dns', seeds, dictionary, run: () => {} }, random))

const udp = createSocket('udp4')
udp.on('message', () => {})

async function floodUdp(messages: number): Promise<void> {
  for (let sent = 0; sent < messages; sent += 250) {
    for (let n = 0; n < 250; n++) udp.send(next(), port, LOOPBACK)
    await new Promise(resolve => setImmediate(resolve))
  }
}

async function floodTcp(messages: number): Promise<void> {
  for (let sent = 0; sent < messages; sent += 500) {
    const tcp = connect({ host: LOOPBACK, port })
    tcp.on('error', () => {}) // the listener may cut it: 'close' follows
    tcp.resume()
    tcp.end(Buffer.concat(Array.from({ length: 500 }, () => frameMessage(next()))))
    await once(tcp, 'close')
  }
}

process.on('message', async (messages: number) => {
  await floodUdp(messages / 2)
  await floodTcp(messages / 2)
  process.send?.('sent')
})
process.once('disconnect', () => udp.close())
