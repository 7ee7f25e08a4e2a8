import { OUTSIDE } from './outside.ts'

/** What a program in a container finds when it tries to get out: `reached`, or the code of its failure. */
export interface Escape {
  readonly tcp: string
  readonly udp: string
  readonly tcp6: string
  readonly name: string
}

const DEADLINE_MS = 4000

/**
 * The program that tries, for `node -e` inside a container: it prints an {@link Escape}.
 *
 * It connects by name because that would leak: nothing of Cordon's does, and here it must find nobody to ask.
 */
export const PROBE = `
const net = require('net'), dgram = require('dgram')
const settle = (start, ms = ${DEADLINE_MS}) => new Promise(done => { setTimeout(done, ms, 'silent').unref(); start(done) })
const tcp = host => settle(done => net.connect({ host, port: ${OUTSIDE.port}, family: 0 })
  .on('connect', () => done('reached')).on('error', e => done(e.code)))
const udp = settle(done => dgram.createSocket('udp4').on('error', e => done(e.code))
  .send('x', 53, '${OUTSIDE.resolver}', e => done(e ? e.code : 'sent')))
const name = settle(done => net.connect({ host: 'leak.example.org', port: ${OUTSIDE.port} })
  .on('lookup', e => done(e ? e.code : 'reached')).on('error', () => {}))
Promise.all([tcp('${OUTSIDE.host}'), udp, tcp('${OUTSIDE.host6}'), name]).then(([tcp, udp, tcp6, name]) => {
  console.log(JSON.stringify({ tcp, udp, tcp6, name })); process.exit()
})`

/** What a container that is closed in answers: there is no network to try, and nobody to ask. */
export const CLOSED: Escape = { tcp: 'ENETUNREACH', udp: 'ENETUNREACH', tcp6: 'ENETUNREACH', name: 'EAI_AGAIN' }
