/**
 * Leak probes: tries everything that could reach the outside from where it is started, and prints what became of it. An
 * argument says for how many milliseconds it waits.
 */
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { systemCode } from '@cordon/shared/errors'
import { MARKER, PROBES, type Probe, type ProbeResult } from '../leak/index.ts'
import { sendRaw } from './system-calls.ts'

/**
 * What has not been refused or answered by then has been sent. Inside, nobody is waited for that long, but on a machine
 * that is held up a refusal by the gateway takes its time, and is no leak. Arbitrary.
 */
const PATIENCE_MS = Number(process.argv[2] ?? 30_000)

/** Time for a refusal of the first datagram to come back before the second is sent. Arbitrary. */
const BETWEEN_MS = 50

type Tried = Omit<ProbeResult, 'name'>

const refused = (detail: string): Tried => ({ outcome: 'refused', detail })
const answered = (detail: string): Tried => ({ outcome: 'answered', detail })
const SILENCE: Tried = { outcome: 'sent', detail: 'no answer' }

async function tryProbe(probe: Probe): Promise<Tried> {
  switch (probe.way) {
    case 'tcp':
      return await tryConnection({ host: probe.address, port: probe.port })
    case 'socket':
      return await tryConnection({ path: probe.path })
    case 'name':
      return await tryName(probe.host)
    case 'udp':
      return await tryDatagram(probe.address, probe.port, Buffer.from(MARKER))
    case 'dns':
      return await tryDatagram(probe.address, 53, QUESTION)
    case 'raw': {
      const failed = sendRaw(probe, Buffer.from(`\b\0\0\0\0\0\0\0${MARKER}`))
      return failed === undefined ? { outcome: 'sent', detail: 'taken' } : refused(failed)
    }
  }
}

/** Inside, the kernel accepts in the name of anybody, and a refusal follows as a reset. */
async function tryConnection(to: { host: string; port: number } | { path: string }): Promise<Tried> {
  return await new Promise(resolve => {
    const socket = connect(to)
    let connected = false
    const timer = setTimeout(() => {
      resolve(connected ? answered('connected') : SILENCE)
      socket.destroy()
    }, PATIENCE_MS)
    socket.on('connect', () => {
      connected = true
      socket.write(MARKER)
    })
    socket.on('data', () => resolve(answered('data')))
    socket.on('error', cause => resolve(refused(systemCode(cause) ?? 'error')))
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(refused('closed'))
    })
  })
}

/** Only the name matters here: whether a connection to what it stands for succeeds does not. */
async function tryName(host: string): Promise<Tried> {
  return await new Promise(resolve => {
    const socket = connect({ host, port: 80 })
    const timer = setTimeout(() => settle(SILENCE), PATIENCE_MS)
    const settle = (tried: Tried): void => {
      clearTimeout(timer)
      resolve(tried)
      socket.destroy()
    }
    socket.on('lookup', (error, address) => settle(error === null ? answered(address) : refused(error.name)))
    socket.on('error', cause => settle(refused(systemCode(cause) ?? 'error')))
  })
}

async function tryDatagram(address: string, port: number, message: Buffer): Promise<Tried> {
  return await new Promise(resolve => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    const timers = [setTimeout(() => settle(SILENCE), PATIENCE_MS)]
    const settle = (tried: Tried): void => {
      for (const timer of timers) clearTimeout(timer)
      resolve(tried)
      socket
        .removeAllListeners('error')
        .on('error', () => {})
        .close()
    }
    const failed = (cause: unknown): void => settle(refused(systemCode(cause) ?? 'error'))
    socket.once('error', failed)
    socket.once('message', () => settle(answered('data')))
    // A connected socket hears of refusals, and says so when it is used again.
    socket.connect(port, address)
    socket.once('connect', () => {
      const send = (): void => socket.send(message, cause => cause !== null && failed(cause))
      send()
      timers.push(setTimeout(send, BETWEEN_MS))
    })
  })
}

/** A question of DNS for the address of a name of our own (RFC 1035 section 4.1). */
const QUESTION = Buffer.concat([
  Buffer.from('c0de01000001000000000000', 'hex'),
  ...[MARKER, 'example'].map(label => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
  Buffer.from('0000010001', 'hex'),
])

const results = await Promise.all(PROBES.map(async probe => ({ name: probe.name, ...(await tryProbe(probe)) })))
process.stdout.write(`${JSON.stringify(results)}\n`)
process.exit(0)
