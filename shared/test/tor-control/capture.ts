/**
 * Print what a tor says, to renew the vectors in `captured.ts`:
 *
 *     node shared/test/tor-control/capture.ts CONTROL-SOCKET SECONDS
 *
 * Meant for the lab's tor: the lines hold destinations and credentials. This is also the smallest program that drives
 * the room against a real tor.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import {
  Authentication,
  type Command,
  getInfo,
  NONCE_BYTES,
  parseEvent,
  type Reply,
  ReplyReader,
  setEvents,
} from '@cordon/shared/tor-control'

const [path = '', seconds = '10'] = process.argv.slice(2)
const socket = connect(path)
await once(socket, 'connect')
const reader = new ReplyReader()
const authentication = new Authentication({ clientNonce: randomBytes(NONCE_BYTES) })

for (;;) {
  const step = authentication.next()
  if (step.type === 'send') socket.write(step.command.bytes)
  else if (step.type === 'read-cookie') authentication.cookie(readFileSync(step.path))
  else if (step.type === 'receive') {
    const [bytes] = await once(socket, 'data')
    for (const reply of reader.push(bytes).replies) authentication.push(reply)
  } else if (step.outcome.type === 'authenticated') break
  else throw new Error(JSON.stringify(step.outcome))
}

const KEYS = ['version', 'status/bootstrap-phase', 'circuit-status', 'stream-status', 'entry-guards']
send(setEvents(['STREAM', 'CIRC', 'CIRC_MINOR', 'STATUS_CLIENT', 'HS_DESC', 'CONF_CHANGED', 'GUARD', 'STREAM_BW']))
send(getInfo(KEYS))
socket.on('data', (bytes: Buffer) => {
  const { replies, malformed } = reader.push(bytes)
  for (const reply of replies) print(reply)
  if (malformed !== undefined) throw new Error(malformed)
})
setTimeout(() => socket.end(), Number(seconds) * 1000)

function send(command: Command | { readonly type: 'malformed'; readonly why: string }): void {
  if (command.type === 'malformed') throw new Error(command.why)
  socket.write(command.bytes)
}

function print(reply: Reply): void {
  const decoded = reply.status === 650 ? parseEvent(reply).type : 'answer'
  for (const { text, data } of reply.lines) process.stdout.write(`${decoded}\t${reply.status} ${text}\n${data ?? ''}`)
}
