import type { AppCredentials } from '@cordon/shared/isolation'
import {
  type CircuitEvent,
  type CircuitMinorEvent,
  type OnionDescriptorEvent,
  parseCircuit,
  parseCircuitMinor,
  parseOnionDescriptor,
  parseStatus,
  parseStream,
  type StreamEvent,
} from '@cordon/shared/tor-control'
import fc from 'fast-check'
import t from 'tap'
import { FUZZ_SEED } from '../../../shared/test/fuzz.ts'
import {
  formatBootstrap,
  formatInfo,
  formatOnionDescriptor,
  formatStatus,
  OwnView,
} from '../../src/control-filter/index.ts'

const FP = (digit: string): string => `$${digit.repeat(40)}~relay${digit}`
const PATH = [FP('A'), FP('B'), FP('C')].join(',')

function sure<T extends object>(parsed: T | { type: 'malformed'; why: string }): T {
  if ('why' in parsed) throw new Error(String(parsed.why))
  return parsed as T
}
const stream = (text: string): StreamEvent => sure<StreamEvent>(parseStream(text))
const circuit = (text: string): CircuitEvent => sure<CircuitEvent>(parseCircuit(text))
const as = (tag: string, password = 'p'): string => `SOCKS_USERNAME="${tag}" SOCKS_PASSWORD="${password}"`

const SENT: AppCredentials = { scheme: 'socks5', parts: [Buffer.from('site "a"\n'), Buffer.from([0xff, 0x5c])] }
const openView = (tag = 'mine'): OwnView => new OwnView(tag, password => (password === 'p' ? SENT : undefined))
const told = (view: OwnView, event: StreamEvent | CircuitEvent | CircuitMinorEvent): string[] =>
  view.take(event).map(({ name, text }) => `${name} ${text}`)

t.test(
  'an app hears of a circuit when it becomes its own, then of its stream, under numbers and words of its own',
  t => {
    const view = openView()
    t.same(told(view, circuit(`77 BUILT ${PATH} BUILD_FLAGS=NEED_CAPACITY PURPOSE=GENERAL`)), [])
    t.same(told(view, stream(`990 NEW 0 check.example:80 PURPOSE=USER ${as('mine')}`)), [
      String.raw`STREAM 1 NEW 0 check.example:80 PURPOSE=USER SOCKS_USERNAME="site \"a\"\n" SOCKS_PASSWORD="\377\\"`,
    ])
    const [first, second] = told(
      view,
      stream(`990 SENTCONNECT 77 check.example:80 NYM_EPOCH=3 SESSION_GROUP=-4 ${as('mine')}`),
    )
    t.match(first, `CIRC 1 BUILT ${PATH} BUILD_FLAGS=NEED_CAPACITY PURPOSE=GENERAL SOCKS_USERNAME=`)
    t.match(second, /^STREAM 1 SENTCONNECT 1 check.example:80 SOCKS_USERNAME=/)
    t.notMatch(second, /NYM_EPOCH|SESSION_GROUP|mine/)
    t.match(view.circuitStatus, /^1 BUILT /)
    t.equal(view.streamStatus, '1 SENTCONNECT 1 check.example:80')
    t.match(
      told(view, stream(`990 CLOSED 77 check.example:80 REASON=DONE ${as('mine')}`))[0],
      /^STREAM 1 CLOSED 1 .*REASON=DONE/,
    )
    t.equal(view.streamStatus, '')
    t.match(told(view, circuit(`77 CLOSED ${PATH} REASON=FINISHED`))[0], /^CIRC 1 CLOSED .*REASON=FINISHED/)
    t.equal(view.circuitStatus, '')
    t.end()
  },
)

t.test('of others an app learns nothing, not even how many there are', t => {
  const view = openView()
  for (let id = 1; id <= 50; id += 1) {
    t.same(told(view, circuit(`${id} BUILT ${PATH} PURPOSE=GENERAL ${as('theirs')}`)), [])
    t.same(told(view, stream(`${id} SUCCEEDED ${id} other.example:80 ${as('theirs')}`)), [])
  }
  t.equal(view.circuitStatus, '')
  t.equal(view.streamStatus, '')
  told(view, circuit(`60 BUILT ${PATH} PURPOSE=GENERAL`))
  t.match(told(view, stream(`60 SUCCEEDED 60 own.example:80 ${as('mine', 'forgotten')}`)), [
    /^CIRC 1 BUILT .*PURPOSE=GENERAL$/,
    'STREAM 1 SUCCEEDED 1 own.example:80',
  ])
  t.same(told(view, stream(`61 SUCCEEDED 60 other.example:80 ${as('theirs')}`)), [])
  t.equal(view.circuitStatus, '', 'a circuit with two users is shown to neither')
  t.same(told(view, circuit(`60 CLOSED ${PATH}`)), [])
  t.same(told(view, stream('70 NEW 0 torself.example:80')), [], "tor's own streams")
  t.end()
})

t.test('a circuit whose purpose changes is told as it stands', t => {
  const view = openView()
  told(view, circuit(`5 BUILT ${FP('A')} PURPOSE=CONFLUX_UNLINKED`))
  const minor = sure<CircuitMinorEvent>(
    parseCircuitMinor(`5 PURPOSE_CHANGED ${PATH} PURPOSE=CONFLUX_LINKED CONFLUX_ID=AB`),
  )
  t.same(told(view, minor), [])
  t.match(
    told(view, stream(`9 SUCCEEDED 5 own.example:80 ${as('mine')}`))[0],
    `CIRC 1 BUILT ${PATH} PURPOSE=CONFLUX_LINKED`,
  )
  t.end()
})

t.test('a circuit that was built for one app and given to another unused is the other’s', t => {
  const [mine, theirs] = [openView('mine'), openView('theirs')]
  const both = (event: StreamEvent | CircuitEvent) => [told(mine, event), told(theirs, event)] as const
  const [built, nothing] = both(circuit(`8 BUILT ${PATH} PURPOSE=GENERAL ${as('mine')}`))
  t.match(built, [/^CIRC 1 BUILT .*SOCKS_USERNAME=/], 'it is told who it is for')
  t.same(nothing, [])
  const [gone, come] = both(stream(`9 SENTCONNECT 8 other.example:80 ${as('theirs')}`))
  t.match(gone, [/^CIRC 1 CLOSED /], 'for the one it is over')
  t.match(come, [/^CIRC 1 BUILT /, /^STREAM 1 SENTCONNECT 1 other.example:80/])
  t.equal(mine.circuitStatus, '')
  t.match(theirs.circuitStatus, /^1 BUILT /)
  const [, more] = both(circuit(`8 CLOSED ${PATH} PURPOSE=GENERAL ${as('mine')}`))
  t.match(more, [/^CIRC 1 CLOSED /], 'though tor goes on naming the first')
  t.end()
})

t.test('two views of one stream of events never tell the same circuit or stream to both', t => {
  const events = fc.array(
    fc.record({
      kind: fc.constantFrom('BUILT', 'CLOSED', 'stream', 'end'),
      id: fc.integer({ min: 1, max: 6 }),
      on: fc.integer({ min: 1, max: 6 }),
      who: fc.constantFrom('mine', 'theirs'),
    }),
    { maxLength: 60 },
  )
  fc.assert(
    fc.property(events, steps => {
      const [mine, theirs] = [openView('mine'), openView('theirs')]
      for (const { kind, id, on, who } of steps) {
        const event =
          kind === 'stream' || kind === 'end'
            ? stream(`${id}${who} ${kind === 'end' ? 'CLOSED' : 'SUCCEEDED'} ${on} ${who}.example:80 ${as(who)}`)
            : circuit(`${on} ${kind} ${PATH} PURPOSE=GENERAL${who === 'mine' ? '' : ` ${as(who)}`}`)
        for (const [view, name, other] of [
          [mine, 'mine', 'theirs'],
          [theirs, 'theirs', 'mine'],
        ] as const) {
          const lines = told(view, event).join('\n')
          t.notMatch(lines, `${other}.example`)
          if (lines.includes('STREAM')) t.match(lines, `${name}.example`)
          t.notMatch(view.streamStatus, `${other}.example`)
        }
      }
    }),
    { seed: FUZZ_SEED, numRuns: 300 },
  )
  t.end()
})

t.test('states of tor are told without what names a guard', t => {
  const bootstrap = sure(
    parseStatus(
      'client',
      'WARN BOOTSTRAP PROGRESS=10 TAG=conn SUMMARY="a \\"b\\"" HOSTID="AA" HOSTADDR="192.0.2.1:9001"',
    ),
  )
  t.equal(
    bootstrap.type === 'bootstrap' && formatBootstrap(bootstrap),
    String.raw`WARN BOOTSTRAP PROGRESS=10 TAG=conn SUMMARY="a \"b\""`,
  )
  const status = (text: string) => {
    const event = sure(parseStatus('client', text))
    return event.type === 'status' ? formatStatus(event) : 'bootstrap'
  }
  t.equal(status('NOTICE CIRCUIT_ESTABLISHED'), 'NOTICE CIRCUIT_ESTABLISHED')
  t.equal(status('WARN DANGEROUS_SOCKS PROTOCOL=SOCKS5 ADDRESS=192.0.2.1:80'), undefined)
  const uploaded = sure<OnionDescriptorEvent>(parseOnionDescriptor(`UPLOADED abc UNKNOWN ${FP('D')}`))
  t.equal(formatOnionDescriptor(uploaded), `UPLOADED abc UNKNOWN ${FP('D')}`)
  t.equal(
    formatOnionDescriptor(sure<OnionDescriptorEvent>(parseOnionDescriptor('FAILED UNKNOWN NO_AUTH UNKNOWN REASON=X'))),
    'FAILED UNKNOWN UNKNOWN UNKNOWN REASON=X',
  )
  t.end()
})

t.test('values of several lines go as data', t => {
  t.same(
    formatInfo([
      ['version', '0.4.9.11'],
      ['ns', 'r a\n.b\n'],
      ['empty', ''],
    ]),
    ['250-version=0.4.9.11', '250+ns=', 'r a', '..b', '', '.', '250-empty=', '250 OK'],
  )
  t.end()
})
