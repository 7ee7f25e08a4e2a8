import { ReplyReader } from '@cordon/shared/tor-control'
import t from 'tap'
import {
  askForDescriptors,
  askForProgress,
  consensusRelays,
  listenForConsensus,
  parseProgress,
  progressOf,
  uploadOf,
} from '../src/tor-events.ts'

const read = (text: string) => {
  const [reply] = new ReplyReader().push(Buffer.from(text.replaceAll('\n', '\r\n'))).replies
  if (reply === undefined) throw new Error('not a whole reply')
  return reply
}
const consensus = read('650+NEWCONSENSUS\nr labexit1 AAA\nm abc\nr labexit2 BBB\n.\n650 OK\n')
const bootstrap = read('650 STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=45 TAG=requesting_descriptors SUMMARY="Asking"\n')
const upload = (action: string) => read(`650 HS_DESC ${action} ${'a'.repeat(56)} UNKNOWN $${'0'.repeat(40)}~labexit1\n`)

t.test('a consensus lists its relays', async t => {
  t.same(consensusRelays(consensus), ['labexit1', 'labexit2'])
  t.equal(consensusRelays(bootstrap), undefined)
})

t.test('progress is read from event and answer', async t => {
  t.equal(progressOf(bootstrap), 45)
  t.equal(progressOf(upload('UPLOAD')), undefined)
  t.equal(progressOf(read('650 STATUS_CLIENT NOTICE CIRCUIT_ESTABLISHED\n')), undefined)
  const phase = 'NOTICE BOOTSTRAP PROGRESS=100 TAG=done SUMMARY="Done"'
  t.equal(parseProgress(read(`250-status/bootstrap-phase=${phase}\n250 OK\n`)), 100)
  t.equal(parseProgress(read('250 OK\n')), undefined)
  t.equal(parseProgress(read('552 Unrecognized key\n')), undefined)
})

t.test('the upload of a descriptor begins and ends', async t => {
  t.equal(uploadOf(upload('UPLOAD')), 'begun')
  t.equal(uploadOf(upload('UPLOADED')), 'uploaded')
  t.equal(uploadOf(upload('FAILED')), 'failed')
  t.equal(uploadOf(upload('CREATED')), undefined)
  t.equal(uploadOf(bootstrap), undefined)
})

t.test('what is asked is one line each', async t => {
  t.equal(Buffer.from(listenForConsensus().bytes).toString(), 'SETEVENTS NEWCONSENSUS\r\n')
  t.equal(Buffer.from(askForDescriptors(['AA', 'BB']).bytes).toString(), 'GETINFO desc/id/AA desc/id/BB\r\n')
  t.equal(Buffer.from(askForProgress().bytes).toString(), 'GETINFO status/bootstrap-phase\r\n')
})
