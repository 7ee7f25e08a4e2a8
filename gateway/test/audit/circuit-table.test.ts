import {
  type CircuitEvent,
  parseCircuit,
  parseCircuitMinor,
  parseStream,
  type StreamEvent,
} from '@cordon/shared/tor-control'
import t from 'tap'
import { CircuitTable, groupOf } from '../../src/audit/index.ts'

const FP = (digit: string): string => `$${digit.repeat(40)}~relay${digit}`
const PATH = [FP('A'), FP('B'), FP('C')].join(',')

function event<T extends object>(parsed: T | { type: 'malformed'; why: string }): T {
  if ('why' in parsed) throw new Error(String(parsed.why))
  return parsed as T
}
const stream = (text: string): StreamEvent => event<StreamEvent>(parseStream(text))
const circuit = (text: string): CircuitEvent => event<CircuitEvent>(parseCircuit(text))

t.test('a stream is followed from NEW over its circuit to CLOSED', async t => {
  const table = new CircuitTable()
  table.apply(circuit(`5 BUILT ${PATH} PURPOSE=GENERAL`))
  table.apply(stream('9 NEW 0 check.example:80 SOCKS_USERNAME="tagA" SOCKS_PASSWORD="p"'))
  t.match(table.streamsOf('tagA'), [{ id: '9', status: 'NEW', circuit: undefined }])
  t.same(table.circuitsOf('tagA'), [])
  table.apply(stream('9 SENTCONNECT 5 check.example:80 SOCKS_USERNAME="tagA" SOCKS_PASSWORD="p"'))
  table.apply(stream('9 SUCCEEDED 5 check.example:80'))
  t.match(
    table.streamsOf('tagA'),
    [{ id: '9', status: 'SUCCEEDED', circuit: '5' }],
    'a line without credentials keeps them',
  )
  t.match(table.circuitsOf('tagA'), [{ id: '5', status: 'BUILT' }])
  const [own] = table.circuitsOf('tagA')
  t.equal(own && table.countStreamsOn(own.id), 1)
  table.apply(stream('9 CLOSED 5 check.example:80 REASON=DONE'))
  t.same(table.streamsOf('tagA'), [])
  t.match(table.circuitsOf('tagA'), [{ id: '5' }], 'the circuit stays the app’s for its life')
  t.same(table.circuitsOf('tagB'), [])
  table.apply(circuit('5 CLOSED REASON=FINISHED'))
  t.same(table.circuitsOf('tagA'), [])
})

t.test('both legs of a conflux set are the app’s, and one group', async t => {
  const table = new CircuitTable()
  table.apply(circuit(`5 BUILT ${PATH} PURPOSE=CONFLUX_UNLINKED`))
  for (const id of ['5', '6']) {
    const text = `${id} PURPOSE_CHANGED ${PATH} PURPOSE=CONFLUX_LINKED CONFLUX_ID=ABCD OLD_PURPOSE=CONFLUX_UNLINKED`
    const minor = parseCircuitMinor(text)
    if ('why' in minor) throw new Error(minor.why)
    table.apply(minor)
  }
  table.apply(stream('9 SENTCONNECT 6 check.example:80 SOCKS_USERNAME="tagA" SOCKS_PASSWORD="p"'))
  const own = table.circuitsOf('tagA')
  t.same(
    own.map(({ id }) => id),
    ['5', '6'],
  )
  t.same(new Set(own.map(groupOf)), new Set(['ABCD']))
})

t.test('after a reconnect, a stream without credentials is whose its circuit is', async t => {
  const table = new CircuitTable()
  table.apply(circuit(`5 BUILT ${PATH} PURPOSE=GENERAL SOCKS_USERNAME="tagA" SOCKS_PASSWORD="p"`))
  table.apply(stream('9 SUCCEEDED 5 check.example:80'))
  t.match(table.streamsOf('tagA'), [{ id: '9' }])
  table.clear()
  t.same(table.streamsOf('tagA'), [])
})

t.test('a circuit that has carried two apps is listed for both, and its nameless streams for neither', async t => {
  const table = new CircuitTable()
  table.apply(circuit(`5 BUILT ${PATH} PURPOSE=GENERAL SOCKS_USERNAME="tagA" SOCKS_PASSWORD="p"`))
  table.apply(stream('9 SENTCONNECT 5 x:80 SOCKS_USERNAME="tagB" SOCKS_PASSWORD="q"'))
  table.apply(stream('10 SUCCEEDED 5 x:80'))
  t.equal(table.circuitsOf('tagA').length, 1)
  t.equal(table.circuitsOf('tagB').length, 1)
  t.same(table.streamsOf('tagA'), [])
})
