import { LineReader, type Reply, ReplyReader } from '@cordon/shared/tor-control'
import t from 'tap'
import { chunksOf, latin1 } from '../bytes.ts'

// The answers of tor 0.4.9.11 to GETINFO version config-text, with an event before and after.
const STREAM = latin1(
  [
    '650 BW 0 0',
    '250-version=0.4.9.11',
    '250+config-text=',
    'ControlPort 0',
    '..dot',
    '',
    '.',
    '250 OK',
    '650-CONF_CHANGED',
    '650-ContactInfo=\xe9',
    '650 OK',
    '552 Unrecognized key "nosuch"',
    '',
  ].join('\r\n'),
)
const line = (text: string, data?: string) => ({ text, data })
const REPLIES: readonly Reply[] = [
  { status: 650, lines: [line('BW 0 0')] },
  { status: 250, lines: [line('version=0.4.9.11'), line('config-text=', 'ControlPort 0\n.dot\n'), line('OK')] },
  { status: 650, lines: [line('CONF_CHANGED'), line('ContactInfo=\xe9'), line('OK')] },
  { status: 552, lines: [line('Unrecognized key "nosuch"')] },
]

t.test('replies come out whole and in order, however the bytes are cut', async t => {
  for (const size of [1, 2, 3, 7, 100, 10_000]) {
    const reader = new ReplyReader()
    const replies = [...chunksOf(STREAM, size)].flatMap(chunk => reader.push(chunk).replies)
    t.same(replies, REPLIES, `chunks of ${size}`)
  }
})

t.test('a reply cut at any byte is kept until the rest comes', async t => {
  for (let cut = 0; cut < STREAM.length; cut++) {
    const reader = new ReplyReader()
    const before = reader.push(STREAM.subarray(0, cut))
    const after = reader.push(STREAM.subarray(cut))
    t.same([...before.replies, ...after.replies], REPLIES, `cut at ${cut}`)
    t.equal(after.malformed, undefined)
  }
})

t.test('what is read does not change with the buffer it came in', async t => {
  const reader = new ReplyReader()
  const part = latin1('250 half')
  reader.push(part)
  part.fill(0)
  t.same(reader.push(latin1(' done\r\n')).replies, [{ status: 250, lines: [line('half done')] }])
})

t.test('a tor that breaks the protocol is heard no more, and what came before counts', async t => {
  const cases: readonly (readonly [string, string])[] = [
    ['250 OK\n', 'bare LF'],
    ['\n', 'bare LF'],
    ['250 a\rb\r\n', 'CR or NUL in a line'],
    ['250 a\0b\r\n', 'CR or NUL in a line'],
    ['\r\n', 'status line'],
    ['25 OK\r\n', 'status line'],
    ['750 OK\r\n', 'status line'],
    ['250_OK\r\n', 'status line'],
    ['HTTP/1.1 400 Bad Request\r\n', 'status line'],
    ['250-a\r\n650 BW 0 0\r\n', 'status code changed'],
    ['250-a\r\n552 b\r\n', 'status code changed'],
    ['250+a\r\nb\0\r\n', 'CR or NUL in a line'],
  ]
  for (const [bytes, why] of cases) {
    const reader = new ReplyReader()
    const broken = reader.push(latin1(`250 first\r\n${bytes}250 later\r\n`))
    t.same(broken, { replies: [{ status: 250, lines: [line('first')] }], malformed: why }, JSON.stringify(bytes))
    t.same(reader.push(latin1('250 OK\r\n')), { replies: [], malformed: why }, 'for good')
  }
})

t.test('long lines, long replies and endless data are refused at their limits', async t => {
  const limits = { lineBytes: 20, replyBytes: 60, replyLines: 4 }
  const feed = (text: string, size = 1000) => {
    const reader = new ReplyReader(limits)
    let malformed: string | undefined
    for (const chunk of chunksOf(latin1(text), size)) malformed = reader.push(chunk).malformed
    return malformed
  }
  for (const size of [1, 7, 1000]) {
    t.equal(feed(`250 ${'x'.repeat(14)}\r\n`, size), undefined)
    t.equal(feed(`250 ${'x'.repeat(15)}\r\n`, size), 'line too long')
    t.equal(feed('x'.repeat(21), size), 'line too long')
    t.equal(feed('250-a\r\n'.repeat(4), size), undefined)
    t.equal(feed('250-a\r\n'.repeat(5), size), 'reply has too many lines')
    t.equal(feed(`250+a\r\n${'x\r\n'.repeat(4)}`, size), 'reply has too many lines')
    t.equal(feed(`250-${'x'.repeat(14)}\r\n`.repeat(4), size), 'reply too long')
    t.equal(feed(`250 ${'x'.repeat(14)}\r\n`.repeat(40), size), undefined, 'limits are for one reply')
  }
  t.equal(new ReplyReader().push(new Uint8Array(1_000_000).fill(0x41)).malformed, 'line too long')
})

t.test('a line reader serves commands as well, within its own limit', async t => {
  const reader = new LineReader(10)
  t.same(reader.push(latin1('GETINFO\r\nQU')), { lines: ['GETINFO'], malformed: undefined })
  t.same(reader.push(latin1('IT\r\n12345678\r\n')), { lines: ['QUIT', '12345678'], malformed: undefined })
  t.same(reader.push(latin1('123456789\r\nQUIT\r\n')), { lines: [], malformed: 'line too long' })
  t.same(reader.push(latin1('QUIT\r\n')), { lines: [], malformed: 'line too long' })
})
